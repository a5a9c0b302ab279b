"""What is foreseen of a year: where it must be nothing, what it adds up to, and that it cannot be made up."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import incentive_opt as io
from incentive_opt.certify import certify
from incentive_opt.foreseen import foreseen, multiples_of
from incentive_opt.formulation.status_quo import respond
from incentive_opt.solve import Design


@pytest.fixture(scope="module")
def design() -> Design:
    return io.solve("two_practices", "capitation", time_limit=20.0, iteration_limit=30)


def test_it_adds_up(design: Design) -> None:
    """Figures of the search and the changes give what is expected."""
    block = design.document["foreseen"]
    for key, whole in (
        ("health_qaly", design.document["objective"]["health_qaly"]),
        ("outlay_usd", design.document["budget"]["outlay_usd"]),
    ):
        assert block[key] == pytest.approx(whole + sum(one[key] for one in block["changes"]))


@pytest.mark.parametrize("place", ["health_qaly", "outlay_usd", 0, 1, 2])
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


def test_straight_pieces_are_taken_at_their_word() -> None:
    """With the instance's own pieces nothing is smoothed: practices choose the corners, which lie on it."""
    plain = io.read_instance("two_practices")
    for pieces in (1, 3):
        instance = plain.with_pieces(pieces)
        answers = respond(instance, instance.status_quo, [one.name for one in instance.practices])
        today = {one.response.practice: one.response for one in answers}
        found = foreseen(instance, instance.status_quo, today, multiples_of(instance, today))
        assert found.outlay["continuity"] == pytest.approx(0.0, abs=1e-9)
        assert found.health["staff_time"] <= 0.0
        if pieces == 1:
            assert found.health["smooth_effects"] == 0.0
        else:
            assert found.health["smooth_effects"] >= 0.0  # chords lie below a concave curve
