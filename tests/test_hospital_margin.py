"""What the payer's own hospital earns by care elsewhere, counted by every part that counts dollars."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from incentive_opt.certify import certify
from incentive_opt.certify.best_response import best_response
from incentive_opt.certify.status_quo import status_quo
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Panel, Segment
from incentive_opt.domain.lines import Benchmarks
from incentive_opt.domain.response import Response
from incentive_opt.errors import InputError
from incentive_opt.files import read_instance, read_model
from incentive_opt.files.settings import with_setting
from incentive_opt.formulation.status_quo import respond
from incentive_opt.payment import account, care_elsewhere, outside_cost
from incentive_opt.solve import solve
from tests.formulation.hand_made import instance, need, practice, service
from tests.simulate.test_triple import ledger_of, paid_for

CENT = 0.005


def clinic(share: float) -> Instance:
    """100 children, an event each; a missed one is 300 USD elsewhere, one without effect 200; 40 % margin."""
    return instance(
        segments=(Segment("child", "", 1.0), Segment("other", "", 1.0, False, 1.0)),
        needs=(
            need(uncovered_cost=300.0, downstream_saving=200.0, hospital_margin=0.4),
            need(segment="other", uncovered_cost=300.0, downstream_saving=200.0, hospital_margin=0.4),
        ),
        services=(replace(service("visit"), minutes={"clinician": 10.0, "np": 0.0, "team": 0.0}),),
        practices=(practice(fte={"clinician": 1.0, "np": 0.0, "team": 0.0}),),
        panels=(Panel("office", "child", 100.0, 0.0), Panel("office", "other", 100.0, 0.0)),
        hospital_margin_share=share,
    )


DONE = Response("office", {"child": 100.0}, {("visit", "child"): 60.0}, {("well_care", "child"): 50.0}, {})


@pytest.mark.parametrize(("share", "expected"), [(0.0, 22_000.0), (0.5, 17_600.0), (1.0, 13_200.0)])
def test_by_hand(share: float, expected: float) -> None:
    """40 missed at 300 USD and 50 without effect at 200 are 22,000 USD; joined, 8,800 of it comes back."""
    made = clinic(share)
    assert outside_cost(made, DONE) == pytest.approx(expected)
    assert care_elsewhere(made, DONE) == pytest.approx(22_000.0)


def test_savings_are_shared_on_what_care_costs_whoever_earns_by_it() -> None:
    """A share of savings is paid on the whole cost, in every part that counts, whoever owns the hospital."""
    contract = Contract(
        lines={("shared_savings", "care_elsewhere"): 0.5},
        benchmarks=Benchmarks(cost={"child": 500.0}),
    )
    paid = [account(clinic(share), contract, DONE).revenue.total for share in (0.0, 1.0)]
    assert paid == [pytest.approx(0.5 * (50_000.0 - 22_000.0))] * 2
    for share in (0.0, 1.0):
        made = clinic(share)
        outcome = respond(made, contract)[0]
        certified, utility = best_response(made, "office", contract)
        assert outcome.utility == pytest.approx(utility)
        for response in (outcome.response, certified):
            assert account(made, contract, response).utility == pytest.approx(utility)


def joined(share: float, seed: int) -> Instance:
    """The two practices, with a margin drawn for every need and a hospital that belongs to the payer."""
    draw = np.random.default_rng(seed)
    made = read_instance("two_practices")
    needs = tuple(replace(one, hospital_margin=float(draw.uniform(0.1, 1.0))) for one in made.needs)
    return replace(made, needs=needs, hospital_margin_share=share)


def test_every_count_of_a_dollar_agrees() -> None:
    """Formulation, plain arithmetic, certificate and the simulator's ledger, with margins drawn at random."""
    seed = secrets.randbits(32)
    made = joined(0.7, seed)
    before, outcomes = status_quo(made), respond(made, made.status_quo)
    ledger = paid_for(made, made.status_quo, [before.responses[one.name] for one in made.practices])
    apart = ledger_of(replace(made, hospital_margin_share=0.0), made.status_quo)
    for row, outcome in enumerate(outcomes):
        figures = before.accounts[outcome.practice]
        assert outcome.outside_cost == pytest.approx(figures.outside_cost, abs=CENT), f"seed {seed}"
        assert abs(ledger.outside[row] - figures.outside_cost) < CENT, f"seed {seed}"
        assert ledger.outside[row] < apart.outside[row] - 1.0, f"seed {seed}"
        assert ledger.income[row] == pytest.approx(apart.income[row]), "practices see none of it"


def test_a_joined_budget_promises_what_verifies(tmp_path: Path) -> None:
    """A design counts what the hospital earns, and the certificate recomputes it from the files."""
    folder = copied(tmp_path, share=1.0)
    design = solve(read_instance(folder), "quality_bonus", gap=0.01, time_limit=5)
    checks = certify(
        design.instance, read_model("quality_bonus"), design.contract, design.intended, design.document
    )
    assert [check for check in checks if not check.ok] == []
    counted = sum(
        one.count * account(design.instance, design.contract, response).outlay
        for one, response in zip(design.instance.practices, design.intended, strict=True)
    )
    assert design.outlay == pytest.approx(counted, abs=1.0)
    alone = replace(design.instance, hospital_margin_share=0.0)
    assert outside_cost(alone, design.intended[0]) > outside_cost(design.instance, design.intended[0])


def copied(to: Path, share: float) -> Path:
    """The two practices with half of what care elsewhere costs as margin, joined with the hospital."""
    shipped = Path(__file__).resolve().parents[1] / "instances" / "two_practices"
    folder = to / "joined"
    shutil.copytree(shipped, folder)
    toml = folder / "instance.toml"
    toml.write_text(with_setting(toml.read_text(), "payer.hospital_margin_share", share, "instance.toml"))
    rows = (folder / "needs.csv").read_text().splitlines()
    (folder / "needs.csv").write_text(
        "\n".join([f"{rows[0]},hospital_margin", *(f"{row},0.5" for row in rows[1:])]) + "\n"
    )
    return folder


def test_files_say_it(tmp_path: Path) -> None:
    """The share and the margins are read; without them nothing comes back."""
    made = read_instance(copied(tmp_path, share=0.25))
    assert made.hospital_margin_share == 0.25
    assert {one.hospital_margin for one in made.needs} == {0.5}
    plain = read_instance("two_practices")
    assert (plain.hospital_margin_share, plain.needs[0].hospital_margin) == (0.0, 0.0)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_no_more_than_all_of_it_comes_back(tmp_path: Path, share: float) -> None:
    """A share below nothing or above all is refused."""
    with pytest.raises(InputError, match="hospital_margin_share"):
        read_instance(copied(tmp_path, share))
