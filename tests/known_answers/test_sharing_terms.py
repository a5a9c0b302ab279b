"""Terms of shared savings where two practices answer as can be worked out by hand.

Of the instance's README: nobody runs the asthma programme today. 1,000 children have 400 asthma events; half
of their effect is missing, 50 USD elsewhere each: 10,000 USD, and nothing with the programme. Without a fee
for the asthma visit the busy practice is 5 USD an event short of running it (20 of effort, less 10 of health
and 5 of time freed for longer visits), and half an effect saves 25 USD.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import incentive_opt as io
from incentive_opt.certify import best_response, certify
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.lines import Benchmarks
from incentive_opt.domain.sharing import PLAIN, Sharing
from incentive_opt.errors import InputError
from incentive_opt.files.contracts import contract_text, read_contract
from incentive_opt.formulation import status_quo
from incentive_opt.formulation.status_quo import respond
from incentive_opt.payment import account
from incentive_opt.simulate.behaviour import Assumptions, plans_of
from incentive_opt.simulate.world import terms_of, world_of

CERTAIN = Assumptions(smooth=False, chance=False, spread=False)
LINE = ("shared_savings", "care_elsewhere")


@pytest.fixture(scope="module")
def instance() -> Instance:
    return io.read_instance("two_practices")


def sharing(instance: Instance, share: float, terms: Sharing, benchmark: float = 10.0) -> Contract:
    """Today's fees but that of the asthma visit, a share of savings, and its terms."""
    fees = {name: 0.0 if name == "asthma_visit" else fee for name, fee in instance.status_quo.fees.items()}
    benchmarks = Benchmarks(cost={"child": benchmark}, sharing=terms)
    return Contract(fees=fees, lines={LINE: share}, benchmarks=benchmarks)


def programme(instance: Instance, contract: Contract, practice: str = "busy") -> tuple[float, float]:
    """Events met by the programme, and what sharing pays; formulation, certificate and simulator agree."""
    found = respond(instance, contract, [practice])[0]
    _, utility = best_response(instance, practice, contract)
    assert found.utility == pytest.approx(utility, rel=1e-8)
    kind = [one.name for one in instance.practices].index(practice)
    plan = plans_of(world_of(instance), contract, "rational", CERTAIN)[kind][0]
    assert plan.worth == pytest.approx(utility, rel=1e-7)
    plain = account(instance, contract, found.response)
    assert plain.utility == pytest.approx(utility, rel=1e-7)
    return found.response.services.get(("asthma_team", "child"), 0.0), plain.revenue.lines[LINE]


@pytest.mark.parametrize(("share", "events"), [(0.19, 0.0), (0.21, 400.0)])
def test_without_terms_a_fifth_moves_the_busy_practice(
    instance: Instance, share: float, events: float
) -> None:
    """5 of 25 USD; and the same with a minimum that all of it reaches, and with a limit beyond it."""
    for terms in (PLAIN, Sharing(minimum=0.5), Sharing(minimum=0.02, most_gained=1.0, most_lost=0.5)):
        met, paid = programme(instance, sharing(instance, share, terms))
        assert met == pytest.approx(events, abs=1e-4)
        assert paid == pytest.approx(share * 25.0 * events, abs=0.1)


def test_savings_are_shared_from_the_first_dollar_once_they_reach_the_minimum(instance: Instance) -> None:
    """Against a benchmark of 9 USD the whole programme saves 9,000 USD: half of it at a share of a half.

    A tenth of 9,000 USD is less than the 2,000 that the programme costs, so nobody goes for all of it.
    """
    met, paid = programme(instance, sharing(instance, 0.5, Sharing(minimum=0.5), 9.0))
    assert (met, paid) == (pytest.approx(400.0), pytest.approx(4500.0, abs=0.1))
    met, paid = programme(instance, sharing(instance, 0.1, Sharing(minimum=1.0), 9.0))
    assert (met, paid) == (pytest.approx(0.0, abs=1e-4), pytest.approx(0.0, abs=0.01))


def test_beyond_the_limit_nothing_more_is_done(instance: Instance) -> None:
    """With gains up to 30 % of 10,000 USD counted, a practice meets 120 events well and no more."""
    met, paid = programme(instance, sharing(instance, 0.5, Sharing(most_gained=0.3)))
    assert met == pytest.approx(120.0, abs=1e-3)
    assert paid == pytest.approx(1500.0, abs=0.1)


def test_losses_end_at_their_limit(instance: Instance) -> None:
    """Against a benchmark of 5 USD today's care loses 5,000; one-sided nothing is owed, else 20 % of 5,000.

    Beyond the limit a dollar saved brings nothing, so at a small share nobody begins.
    """
    for most, owed in ((0.0, 0.0), (0.2, 0.1 * 1000.0), (None, 0.1 * 5000.0)):
        met, paid = programme(instance, sharing(instance, 0.1, Sharing(most_lost=most), 5.0))
        assert met == pytest.approx(0.0, abs=1e-4)
        assert paid == pytest.approx(-owed, abs=0.1)


def test_gains_wait_behind_the_gate(instance: Instance) -> None:
    """A quarter of 10,000 USD is not worth 500 long visits; it is where ten do, or where nobody is judged.

    Losses are owed whatever the quality.
    """
    gated = Sharing(quality_gate=True)
    assert programme(instance, sharing(instance, 0.25, gated))[0] == pytest.approx(0.0, abs=1e-4)
    assert programme(instance, sharing(instance, 0.1, gated, 5.0))[1] == pytest.approx(-500.0, abs=0.1)
    low = replace(instance.measures[0], thresholds=(0.01, 0.9))
    easy = replace(instance, measures=(low,))
    assert programme(easy, sharing(easy, 0.4, gated))[0] == pytest.approx(400.0, abs=1e-3)
    unjudged = replace(instance, measures=(replace(low, thresholds=(0.9,), minimum_denominator=5000.0),))
    assert programme(unjudged, sharing(unjudged, 0.25, gated))[0] == pytest.approx(400.0, abs=1e-3)


def test_terms_survive_the_file(instance: Instance, tmp_path: object) -> None:
    """Written and read again they are the same; nonsense is refused with its place."""
    from pathlib import Path

    path = Path(str(tmp_path)) / "contract.toml"
    contract = sharing(instance, 0.3, Sharing(0.02, 0.25, 0.0, True))
    path.write_text(contract_text(contract), encoding="utf-8")
    assert read_contract(path, instance).benchmarks == contract.benchmarks
    path.write_text(contract_text(contract).replace("minimum = 0.02", "minimum = -1"), encoding="utf-8")
    with pytest.raises(InputError, match="minimum"):
        read_contract(path, instance)


def test_another_contracts_terms_are_no_design_of_the_model(instance: Instance) -> None:
    """A design is certified; with the gate left out of its contract it is not."""
    design = io.solve(instance, "shared_savings_one_sided", gap=0.01, time_limit=20)
    checks = certify(instance, design.model, design.contract, design.intended, design.document)
    assert [check.name for check in checks if not check.ok] == []
    contract = sharing(instance, 0.3, replace(design.model.sharing, quality_gate=False))
    broken = certify(instance, design.model, contract, design.intended, design.document)
    assert "terms of shared savings are the model's" in {check.name for check in broken if not check.ok}


def test_a_year_is_settled_by_hand(instance: Instance) -> None:
    """Savings of -30, -10, 10, 30 and 90 of 100 with every term; the gate takes gains only."""
    from incentive_opt.simulate.sharing import counted

    terms = terms_of(instance, sharing(instance, 0.5, Sharing(0.2, 0.5, 0.25)))
    saved, whole = np.array([-30.0, -22.0, -10.0, 10.0, 30.0, 90.0]), np.full(6, 100.0)
    assert counted(saved, whole, terms, np.ones(6)) == pytest.approx([-25.0, -22.0, 0.0, 0.0, 30.0, 50.0])
    assert counted(saved, whole, terms, np.zeros(6)) == pytest.approx([-25.0, -22.0, 0.0, 0.0, 0.0, 0.0])


def test_a_benchmark_beyond_all_measure_is_blamed_and_not_the_staff(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the solver loses savings beside a huge benchmark it calls the practice's problem infeasible."""
    monkeypatch.setattr(status_quo, "_with_tiers", lambda *_: None)
    with pytest.raises(InputError) as caught:
        respond(instance, sharing(instance, 0.5, Sharing(minimum=0.3), 1e7))
    assert [problem.where for problem in caught.value.problems] == ["benchmarks.cost"]
    with pytest.raises(InputError) as caught:
        respond(instance, sharing(instance, 0.5, PLAIN, 1e7))
    assert [problem.file for problem in caught.value.problems] == ["panels.csv"]
