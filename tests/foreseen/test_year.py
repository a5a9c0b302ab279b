"""What is foreseen of a year: where it must be nothing, what it adds up to, and that it cannot be made up."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

import incentive_opt as io
from incentive_opt.certify import certify
from incentive_opt.certify.status_quo import answer
from incentive_opt.domain.kinds import differ, in_kinds
from incentive_opt.errors import InputError, Problem
from incentive_opt.files.library import shipped_instances
from incentive_opt.foreseen import foreseen, multiples_of
from incentive_opt.foreseen.year import CUTS
from incentive_opt.formulation.status_quo import Outcome, respond
from incentive_opt.solve import Design, real_year
from incentive_opt.solve.document import UNFORESEEN


@pytest.fixture(scope="module")
def design() -> Design:
    return io.solve("two_practices", "capitation", time_limit=20.0, iteration_limit=30)


def test_it_adds_up(design: Design) -> None:
    """Figures of the search and the changes give what is promised of a real year."""
    block = design.document["foreseen"]
    for key, whole in (
        ("health_qaly", design.document["objective"]["health_qaly"]),
        ("outlay_usd", design.document["budget"]["outlay_usd"]),
    ):
        assert block[key] == pytest.approx(whole + sum(one[key] for one in block["changes"]))


@pytest.mark.parametrize("place", ["health_qaly", "outlay_usd", "status_quo_qaly", 0, 1, 2, 3])
def test_a_figure_that_was_changed_is_found(design: Design, place: Any) -> None:
    """`verify` computes every figure anew."""
    document = copy.deepcopy(design.document)
    block = document["foreseen"]
    if isinstance(place, int):
        block["changes"][place]["outlay_usd"] += 100.0
    else:
        block[place] *= 1.01
    checks = certify(design.instance, design.model, design.contract, list(design.intended), document)
    assert [one for one in checks if not one.ok and one.group == "foreseen"]
    checks = certify(design.instance, design.model, design.contract, list(design.intended), design.document)
    assert all(one.ok for one in checks)


def test_multiples_of_today_cannot_be_made_up(design: Design) -> None:
    """Not those of another way of working, and not of fewer practices."""
    for change in ("raise", "drop"):
        document = copy.deepcopy(design.document)
        rows = document["foreseen"]["care_elsewhere_today"]
        if change == "raise":
            rows[0]["visits_multiple"] += 0.04
        else:
            rows.pop()
        checks = certify(design.instance, design.model, design.contract, list(design.intended), document)
        assert [one for one in checks if not one.ok and one.group == "foreseen"], change


def test_a_cause_that_is_left_out_is_missed(design: Design) -> None:
    """Not naming a change is no way around it."""
    document = copy.deepcopy(design.document)
    document["foreseen"]["changes"].pop()
    checks = certify(design.instance, design.model, design.contract, list(design.intended), document)
    assert [one for one in checks if not one.ok and one.group == "foreseen"]


def test_a_practice_without_an_answer_leaves_the_estimate_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The design stands, says why nothing is promised of a real year, and its other promises are checked."""

    def without(*_: object, **__: object) -> None:
        raise InputError([Problem("instance", "practice", "small_group", "an answer", "None was found.")])

    monkeypatch.setattr(real_year, "foreseen", without)
    made = io.solve("two_practices", "capitation", time_limit=20.0, iteration_limit=3)
    assert "foreseen" not in made.document
    assert UNFORESEEN in made.document["notes"]
    checks = certify(made.instance, made.model, made.contract, list(made.intended), made.document)
    assert checks
    assert all(one.ok for one in checks)


NAMES = sorted(shipped_instances())


@pytest.mark.parametrize("name", NAMES)
def test_practices_choose_anew_as_another_solver_says(name: str) -> None:
    """Health and outlay on smooth curves and among kinds are those of the search's own practices.

    Those are other matrices and another way to break ties. Of contracts under which practices are nearly
    indifferent the payer's outlay hangs on ties; the contract in force of every instance is none.
    """
    given = io.read_instance(name)
    contract = given.status_quo
    today = {one.response.practice: one.response for one in respond(given, contract)}
    found = foreseen(given, 1, contract, today, answer, multiples_of(given, today))
    fine = given.with_pieces(CUTS)
    real = in_kinds(fine, given.simulation.spread.characters)
    before = respond(given, contract)
    health, outlay = _totals(before)
    for cause, instance in (("smooth_effects", fine), ("practices_differ", real)):
        if cause not in found.health or (cause == "practices_differ" and not differ(given)):
            continue
        then, paid = _totals(respond(instance, contract))
        assert found.health[cause] == pytest.approx(then - health, abs=1e-6 * abs(health))
        assert found.outlay[cause] == pytest.approx(paid - outlay, abs=1e-6 * abs(outlay))
        health, outlay = then, paid


def _totals(outcomes: list[Outcome]) -> tuple[float, float]:
    return (
        sum(one.count * one.health for one in outcomes),
        sum(one.count * one.outlay for one in outcomes),
    )


def test_nothing_changes_where_curves_are_straight_and_practices_alike() -> None:
    """Then practices have no reason to choose otherwise."""
    given = io.read_instance("two_practices")
    straight = tuple(replace(need, curve=((0.0, 0.0), (1.0, 1.0))) for need in given.needs)
    alike = replace(given.simulation, spread=replace(given.simulation.spread, altruism=0.0, effort=0.0))
    given = replace(given, needs=straight, simulation=alike)
    today = {one.response.practice: one.response for one in respond(given, given.status_quo)}
    found = foreseen(given, 1, given.status_quo, today, answer, multiples_of(given, today))
    assert found.health["smooth_effects"] == pytest.approx(0.0, abs=1e-9)
    assert found.health["practices_differ"] == 0.0
    assert found.outlay["continuity"] == pytest.approx(0.0, abs=1e-9)
    assert found.health["staff_time"] <= 0.0
