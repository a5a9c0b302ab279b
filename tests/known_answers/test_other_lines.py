"""Other lines of payment where two practices answer them as can be worked out by hand.

Of the instance's README: a long well-child visit costs a practice 25 USD of overtime and is worth 5 or 15 USD
to it (busy, caring); an asthma contact with the team costs the visit's fee and 20 USD of effort, and is worth
10 or 30 USD. Working hours are just full today.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

import incentive_opt as io
from incentive_opt.certify import best_response
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.lines import Benchmarks
from incentive_opt.formulation.other_lines import benchmarks_of_today
from incentive_opt.formulation.status_quo import respond
from incentive_opt.payment import account

JUST = 0.1
"""A little above or below the price at which a practice changes its ways."""
TODAY = Benchmarks({("well_child", "child"): 0.5, ("asthma", "child"): 0.2}, {"child": 10.0})
"""By hand: half of an effect in each of 1 and 0.4 events a child, and 50 USD for each fifth child."""


@pytest.fixture(scope="module")
def instance() -> Instance:
    return io.read_instance("two_practices")


def contract(instance: Instance, unpaid: tuple[str, ...] = (), **lines: float) -> Contract:
    """Today's fees but those of some services, and other lines written ``kind__of``."""
    fees = {name: 0.0 if name in unpaid else fee for name, fee in instance.status_quo.fees.items()}
    named = {tuple(name.split("__", 1)): price for name, price in lines.items()}
    return Contract(
        fees=fees, lines={(kind, of): price for (kind, of), price in named.items()}, benchmarks=TODAY
    )


def share(instance: Instance, contract: Contract, practice: str, service: str, events: float) -> float:
    """Share of a need's events that a practice meets by a service; formulation and certificate agree."""
    found = respond(instance, contract, [practice])[0]
    _, utility = best_response(instance, practice, contract)
    assert found.utility == pytest.approx(utility, rel=1e-8)
    return found.response.services.get((service, "child"), 0.0) / events


@pytest.mark.parametrize(("practice", "price"), [("busy", 40.0), ("caring", 20.0)])
@pytest.mark.parametrize("line", ["outcome", "improvement"])
def test_a_result_pays_for_the_longer_visit(
    instance: Instance, practice: str, price: float, line: str
) -> None:
    """Half an effect more costs a busy practice 20 USD and a caring one 10: they change at twice that.

    Paying for what is beyond a benchmark moves nobody sooner: one more brings as much.
    """
    for moved, changes in ((-JUST, 0.0), (JUST, 1.0)):
        paid = contract(instance, **{f"{line}__well_child": price + moved})
        assert share(instance, paid, practice, "well_visit_long", 1000.0) == pytest.approx(changes, abs=1e-6)


@pytest.mark.parametrize(("practice", "price"), [("busy", 120.0), ("caring", 80.0)])
def test_a_result_pays_for_the_programme_nobody_pays(instance: Instance, practice: str, price: float) -> None:
    """The programme costs 50 USD of fees and 20 of effort, and is worth 10 or 30 USD.

    It frees a quarter of an hour, which makes a visit long: 5 or 15 USD more, and twice that for an effect.
    """
    freed = {"busy": 5.0, "caring": 15.0}[practice]
    for moved, changes in ((-JUST, 0.0), (JUST, 1.0)):
        paid = contract(instance, outcome__asthma=price - 2.0 * freed + moved)
        assert share(instance, paid, practice, "asthma_team", 400.0) == pytest.approx(changes, abs=1e-6)


def test_an_episode_leaves_the_choice_of_how(instance: Instance) -> None:
    """One price for an asthma contact: the caring practice runs the programme, the busy one does not.

    It takes 20 USD of effort, and is worth 10 + 5 USD to the busy and 30 + 15 USD to the caring practice.
    """
    paid = contract(instance, ("asthma_visit",), episode__asthma=50.0)
    assert share(instance, paid, "busy", "asthma_team", 400.0) == pytest.approx(0.0, abs=1e-6)
    assert share(instance, paid, "busy", "asthma_visit", 400.0) == pytest.approx(1.0, abs=1e-6)
    assert share(instance, paid, "caring", "asthma_team", 400.0) == pytest.approx(1.0, abs=1e-6)


def test_sharing_savings_moves_the_busy_practice_at_a_fifth(instance: Instance) -> None:
    """Without a fee for the visit 5 USD are missing (20 - 10 - 5); half an effect saves 25 USD elsewhere."""
    for moved, changes in ((-0.01, 0.0), (0.01, 1.0)):
        paid = contract(instance, ("asthma_visit",), shared_savings__care_elsewhere=0.2 + moved)
        assert share(instance, paid, "busy", "asthma_team", 400.0) == pytest.approx(changes, abs=1e-6)


def test_an_rvu_rate_is_the_fee_schedule(instance: Instance) -> None:
    """20 USD an RVU and no fees is today's contract: same ways of working, same incomes."""
    by_rvu = contract(instance, tuple(instance.status_quo.fees), rvu_rate__all_services=20.0)
    for now, then in zip(respond(instance, instance.status_quo), respond(instance, by_rvu), strict=True):
        assert then.net_income == pytest.approx(now.net_income, abs=0.01)
        assert then.health == pytest.approx(now.health, abs=1e-6)


def test_a_salary_changes_incomes_alone(instance: Instance) -> None:
    """100,000 USD a full-time clinician: 20,000 USD for a fifth of one, and no reason to work otherwise."""
    paid = contract(instance, salary__clinicians=100_000.0)
    for now, then in zip(respond(instance, instance.status_quo), respond(instance, paid), strict=True):
        assert then.net_income == pytest.approx(now.net_income + 20_000.0, abs=0.01)
        assert then.health == pytest.approx(now.health, abs=1e-6)


def test_benchmarks_are_todays_averages(instance: Instance) -> None:
    """What practices do today; there a practice like the others neither gains nor owes."""
    today = [answer.response for answer in respond(instance, instance.status_quo)]
    assert benchmarks_of_today(instance, today) == TODAY
    paid = contract(
        instance, improvement__well_child=60.0, improvement__asthma=60.0, shared_savings__care_elsewhere=0.5
    )
    for response in today:
        assert sum(account(instance, paid, response).revenue.lines.values()) == pytest.approx(0.0, abs=0.01)


def test_who_does_better_today_gains_what_others_owe(instance: Instance) -> None:
    """With practices that give long visits today, benchmarks lie between; all together get nothing."""
    practices = (instance.practices[0], replace(instance.practices[1], altruism=30_000.0))
    uneven = replace(instance, practices=practices)
    today = [answer.response for answer in respond(uneven, uneven.status_quo)]
    benchmarks = benchmarks_of_today(uneven, today)
    paid = replace(contract(uneven, improvement__well_child=60.0), benchmarks=benchmarks)
    got = [account(uneven, paid, response).revenue.lines["improvement", "well_child"] for response in today]
    assert got[0] < -1000.0 < 1000.0 < got[1]
    together = sum(one.count * usd for one, usd in zip(uneven.practices, got, strict=True))
    assert together == pytest.approx(0.0, abs=1.0)


def test_paid_for_outcomes_reaches_the_first_best(instance: Instance) -> None:
    """Five practices with long visits and the programme: 18 QALY, within the budget and with a proof."""
    design = io.solve(instance, "outcomes_based", gap=0.001, time_limit=30)
    assert design.health == pytest.approx(18.0, abs=1e-3)
    assert design.document["objective"]["upper_bound_qaly"] == pytest.approx(18.0, abs=2e-2)
    assert {kind for kind, _ in design.contract.lines} <= {"outcome", "improvement"}
    assert design.contract.lines
