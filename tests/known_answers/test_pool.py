"""A pool shared among all who close a gap, where two practices answer as can be worked out by hand.

Of the instance's README: a long well-child visit leaves the busy practice 20 USD and the caring one 10 USD
worse off. There are three busy and two caring practices with 1,000 visits each; others close a quarter of
what is left open. At a share between 10 and 20 USD the caring practices close 2,000 gaps and others 750 of
the 3,000 that the busy leave.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import incentive_opt as io
from incentive_opt.certify import best_response, certify
from incentive_opt.certify.best_response import to_point
from incentive_opt.certify.practice_problem import PracticeProblem
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Practice
from incentive_opt.domain.lines import Benchmarks
from incentive_opt.domain.payment_model import Rules
from incentive_opt.domain.response import Response
from incentive_opt.errors import InputError
from incentive_opt.expected_shares import with_expected_shares
from incentive_opt.files import read_model
from incentive_opt.files.contracts import contract_text, read_contract
from incentive_opt.foreseen import foreseen, multiples_of
from incentive_opt.formulation.status_quo import respond
from incentive_opt.payment import account
from incentive_opt.pools import as_paid_out, pool_sentences, pools_document, shared_pools
from incentive_opt.simulate.behaviour import Assumptions, plans_of
from incentive_opt.simulate.world import world_of
from incentive_opt.solve import Design

CERTAIN = Assumptions(smooth=False, chance=False, spread=False)
JUST = 0.01
LINE = ("pool_share", "thorough_visit")


@pytest.fixture(scope="module")
def instance() -> Instance:
    given = io.read_instance("two_practices")
    return replace(given, measures=(replace(given.measures[0], closed_elsewhere=0.25),))


def shared(
    instance: Instance, usd: float | None, pool: float | None = None, counted: bool = True
) -> Contract:
    """Today's fees, and a pool for long visits of which so much is expected for each."""
    return Contract(
        fees=instance.status_quo.fees,
        lines={} if usd is None else {LINE: usd},
        benchmarks=Benchmarks(counts_elsewhere=counted),
        pools={} if pool is None else {"thorough_visit": pool},
    )


@pytest.fixture(scope="module")
def design(instance: Instance) -> Design:
    """The best with a pool and no bonus."""
    model = read_model("community_partnership")
    alone = replace(model, levers=tuple(rule for rule in model.levers if rule.kind == "pool_share"))
    return io.solve(instance, alone, gap=0.001, time_limit=30)


@pytest.mark.parametrize(("practice", "usd"), [("busy", 20.0), ("caring", 10.0)])
def test_a_share_moves_a_practice_at_its_loss(instance: Instance, practice: str, usd: float) -> None:
    """No long visit a cent below, all of them a cent above; four ways of counting agree on the money."""
    kind = [one.name for one in instance.practices].index(practice)
    for moved, long_visits in ((-JUST, 0.0), (JUST, 1000.0)):
        contract = shared(instance, usd + moved)
        found = respond(instance, contract, [practice])[0]
        assert found.response.services["well_visit_long", "child"] == pytest.approx(long_visits, abs=1e-3)
        _, utility = best_response(instance, practice, contract)
        figures = account(instance, contract, found.response)
        plan = plans_of(world_of(instance), contract, "rational", CERTAIN)[kind][0]
        assert found.utility == pytest.approx(utility, rel=1e-8)
        assert figures.utility == pytest.approx(utility, rel=1e-7)
        assert plan.worth == pytest.approx(utility, rel=1e-7)
        partners = (usd + moved) * 0.25 * (1000.0 - long_visits)
        assert figures.revenue.lines[LINE] == pytest.approx((usd + moved) * long_visits, abs=0.05)
        assert figures.outside_cost == pytest.approx(10_000.0 + partners, abs=0.05)
        assert found.outlay == pytest.approx(figures.outlay, abs=0.01)
        problem = PracticeProblem(instance, instance.practices[kind], contract)
        assert problem.outlay(to_point(problem, found.response)) == pytest.approx(figures.outlay, abs=0.01)


def test_others_have_no_part_where_they_are_not_counted(instance: Instance) -> None:
    """A contract that does not count what others closed pays practices alone."""
    contract = shared(instance, 15.0, counted=False)
    responses = [found.response for found in respond(instance, contract)]
    pool = shared_pools(instance, contract, responses)["thorough_visit"]
    assert (pool.by_practices, pool.by_others) == (pytest.approx(2000.0), 0.0)
    assert pool.due == pytest.approx(30_000.0)


def test_the_best_pool(design: Design) -> None:
    """With the margin a caring practice takes 11 USD: 2 QALY more for 11 x 2,750 = 30,250 USD, shared by all.

    To move the busy too takes 21 USD for each of 5,000, 105,000 USD, and the budget leaves 65,000.
    """
    assert design.health == pytest.approx(11.0, abs=1e-3)
    assert design.document["objective"]["upper_bound_qaly"] == pytest.approx(11.0, rel=2e-3)
    share, pool = design.contract.lines[LINE], design.contract.pools["thorough_visit"]
    assert 11.0 - 1e-6 <= share < 65_000.0 / 2750.0
    assert pool == pytest.approx(2750.0 * share, abs=0.01)
    assert design.outlay == pytest.approx(450_000.0 + pool, abs=0.02)
    listed = design.document["contract"]["pools"]
    assert listed == pools_document(shared_pools(design.instance, design.contract, list(design.intended)))
    checks = certify(design.instance, design.model, design.contract, design.intended, design.document)
    assert [check.name for check in checks if not check.ok] == []


def test_a_pool_beside_a_bonus(instance: Instance) -> None:
    """A tier at a third of visits moves the busy, a share all of the caring: 9 + 3 x 1/3 + 2 QALY.

    At a share of 11 USD a third of visits brings a busy practice 3,667 USD of the 7,000 that it takes; a
    bonus of 3.33 USD for 1,000 events the rest. That is 16,667 USD for five, and 11 x (1,000 + 2,000 + 500)
    = 38,500 of the pool, within the 65,000 that are left. Bonuses alone reach less, and so does the pool.
    """
    both = io.solve(instance, "community_partnership", gap=0.001, time_limit=30)
    assert both.health == pytest.approx(12.0, abs=1e-3)
    checks = certify(instance, both.model, both.contract, both.intended, both.document)
    assert [check.name for check in checks if not check.ok] == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (
            lambda pools, lines: ({"thorough_visit": pools["thorough_visit"] + 0.02}, lines),
            "pool of thorough_visit",
        ),
        (lambda pools, lines: (pools, {LINE: lines[LINE] + 0.01}), "pool of thorough_visit"),
        (lambda pools, lines: ({}, lines), "pool of thorough_visit"),
        (lambda pools, lines: ({**pools, "another": 1.0}, lines), "every pool has a share"),
    ],
    ids=["another sum", "another share", "no sum", "of nothing"],
)
def test_a_changed_pool_is_refused(design: Design, change: Callable, name: str) -> None:  # type: ignore[type-arg]
    """Two cents more in the pool, a cent more for a gap, no pool, one too many: none is certified."""
    pools, lines = change(design.contract.pools, design.contract.lines)
    other = replace(design.contract, pools=pools, lines=lines)
    checks = certify(design.instance, design.model, other, design.intended, design.document)
    assert any(check.name.startswith(name) for check in checks if not check.ok)


def test_a_pooled_measure_is_rewarded(instance: Instance, design: Design) -> None:
    """A limit on measures rewarded counts those with a pool: with none allowed all stays as today."""
    none = replace(instance, rules=Rules(max_measures=0))
    assert io.solve(none, design.model, gap=0.001, time_limit=10).health == pytest.approx(9.0, abs=1e-6)
    checks = certify(none, design.model, design.contract, design.intended, design.document)
    assert "rule: number of measures rewarded" in {check.name for check in checks if not check.ok}


def test_full_months_change_no_pool(instance: Instance) -> None:
    """What a real year is foreseen to change is the same with a pool as without: it is paid out whole."""
    contract = shared(instance, 12.0, 33_000.0)
    then, today = (
        {found.practice: found.response for found in respond(instance, one)}
        for one in (contract, instance.status_quo)
    )

    def as_before(_: Instance, practice: Practice, __: Contract) -> Response:
        return replace(then[practice.of_type or practice.name], practice=practice.name)

    multiples = multiples_of(instance, today)
    with_it, without = (
        foreseen(instance, 1, one, then, as_before, multiples) for one in (contract, shared(instance, None))
    )
    assert with_it.health["staff_time"] < 0.0, "gaps that were meant to be closed find no time"
    assert with_it == without


@pytest.mark.parametrize(
    ("pool", "share", "comes_to"),
    [
        (41_250.0, 15.0, 15.0),  # 2,750 gaps: it comes out even
        (110_000.0, 22.0, 22.0),  # all 5,000
        (80_000.0, 19.99, 80_000.0 / 2750.0),  # the busy change at 20 USD, when it would not suffice
        (5_000.0, 4.0, 4.0),  # nobody but others: 1,250 of 5,000
    ],
)
def test_a_share_is_found_for_a_pool(instance: Instance, pool: float, share: float, comes_to: float) -> None:
    """Of a pool alone it is found what a gap may be expected to bring, and said what it comes to."""
    contract = with_expected_shares(instance, shared(instance, None, pool))
    assert contract.lines[LINE] == pytest.approx(share, abs=0.011)
    responses = [found.response for found in respond(instance, contract)]
    found = shared_pools(instance, contract, responses)
    assert found["thorough_visit"].comes_to == pytest.approx(comes_to, rel=1e-6)
    paid = as_paid_out(instance, contract, responses)
    counts = [practice.count for practice in instance.practices]
    outlay = sum(
        count * account(instance, paid, response).outlay
        for count, response in zip(counts, responses, strict=True)
    )
    assert outlay == pytest.approx(450_000.0 + pool, abs=0.01), "the pool is paid out, whatever was expected"
    (said,) = pool_sentences(pools_document(found), {})
    assert ("told otherwise" in said) == (comes_to > 1.1 * share)


def test_it_survives_the_file(instance: Instance, tmp_path: Path) -> None:
    """Written and read again the contract is the same; one pool may leave its share to be found."""
    path = tmp_path / "contract.toml"
    for contract in (shared(instance, 11.0, 30_250.0), shared(instance, None, 30_250.0)):
        path.write_text(contract_text(contract), encoding="utf-8")
        read = read_contract(path, instance)
        assert (read.lines, read.pools) == (contract.lines, contract.pools)


def test_what_is_wrong_with_a_pool_is_said_at_once(instance: Instance, tmp_path: Path) -> None:
    """A share without its pool, and a pool of a measure that is none."""
    path = tmp_path / "contract.toml"
    path.write_text(
        "schema = 1\n[pool_shares]\nthorough_visit = 5.0\n[pools]\nthorough = 1.0\n", encoding="utf-8"
    )
    with pytest.raises(InputError) as caught:
        read_contract(path, instance)
    found = [(problem.value, problem.expected) for problem in caught.value.problems]
    assert len(found) == 2
    assert any(value == "no pool" for value, _ in found)
    assert any(value == "thorough" and "gaps closed once" in expected for value, expected in found)


def test_a_weighted_measure_counts_no_gaps(instance: Instance, tmp_path: Path) -> None:
    """Where a service stands for two events no gap is closed once: such a measure has no pool."""
    double = replace(instance.measures[0], numerator={"well_visit_long": 2.0})
    path = tmp_path / "contract.toml"
    path.write_text(contract_text(shared(instance, 11.0, 30_250.0)), encoding="utf-8")
    with pytest.raises(InputError, match="gaps closed once"):
        read_contract(path, replace(instance, measures=(double,)))
