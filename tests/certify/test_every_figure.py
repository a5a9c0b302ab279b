"""Every figure, word and answer of design.json is re-checked, or verify says that it is only reported."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest

import incentive_opt as io
from incentive_opt.certify import certify
from incentive_opt.certify.claims import ON_TRUST
from incentive_opt.errors import InputError
from incentive_opt.solve.design import Design

REPORTED = {
    "instance.name": "names of instance and model",
    "model.name": "names of instance and model",
    "stopped": "whether the search was stopped",
    "margin_overrides_instance": "whether margin and budget were given",
    "budget.overrides_instance": "whether margin and budget were given",
    "shadow_prices.*": "shadow prices",
    "provenance.*": "provenance",
    "pieces": "Straight pieces of effect curves are what the design says",
}
"""What nothing stands beside that it could be held against, and the words that say so."""

NOT_WORSE = {
    "altruism_margin",
    "objective.gap_asked",
    "objective.pessimistic_qaly",
    "practices.*.incentive_margin_usd",
    "practices.*.pessimistic_health_qaly",
    "certificate.worst_income_slack_usd",
    "certificate.worst_incentive_slack_usd",
}
"""Promises that something is at least so much, or so wide: the one that claims more has to be found out."""

CHECKED_ON_READING = {"schema"}
"""The file is not read as a design with another one."""

Leaf = float | str | bool
Place = tuple[str | int, ...]


@pytest.fixture(scope="module")
def made() -> Design:
    """A design of the program's own."""
    return io.solve("two_practices", "blended", time_limit=30.0)


def leaves(part: Any, place: Place = ()) -> Iterator[tuple[Place, Leaf]]:
    """Every figure, text and answer of a document, with where it stands."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield from leaves(value, (*place, key))
    elif isinstance(part, list):
        for number, value in enumerate(part):
            yield from leaves(value, (*place, number))
    elif part is not None:
        yield place, part


def named(place: Place) -> str:
    """A place as in the lists above."""
    return ".".join(map(str, place))


def among(place: Place, patterns: Any) -> bool:
    """Whether a place is in a list."""
    return any(fnmatchcase(named(place), pattern) for pattern in patterns)


def false_ones(value: Leaf, more: bool) -> list[Leaf]:
    """Values that are not true: a little above and below; or only much more, or much less."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, str):
        return [value + "x"]
    if more:
        return [value + 0.9 + 20.0 * abs(value), value - 0.05 - 2.0 * abs(value)]
    step = 1 if isinstance(value, int) else max(0.05, 0.01 * abs(value))
    return [value + step, value - step]


def found_out(made: Design, place: Place, value: Leaf) -> bool:
    """Whether a design with another value there is refused, or has a promise broken."""
    document = copy.deepcopy(made.document)
    part: Any = document
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    try:
        checks = certify(made.instance, made.model, made.contract, list(made.intended), document)
    except InputError:
        return True
    return any(not check.ok for check in checks)


def passed_over(made: Design, part: str) -> list[str]:
    """Places in a part of the document where something false is let pass."""
    missed = []
    for place, value in leaves({part: made.document[part]}):
        if among(place, REPORTED) or among(place, CHECKED_ON_READING):
            continue
        more = among(place, NOT_WORSE)
        others = false_ones(value, more)
        if not more and part != "totals":
            others = others[:1]
        seen = [found_out(made, place, other) for other in others]
        if not (any(seen) if more else all(seen)):
            missed.append(f"{named(place)} = {value!r}")
    return missed


PARTS = [
    "schema",
    "instance",
    "model",
    "status",
    "is_status_quo",
    "notes",
    "stopped",
    "margin_usd",
    "margin_overrides_instance",
    "altruism_margin",
    "attainment_targets",
    "kinds",
    "pieces",
    "objective",
    "budget",
    "contract",
    "practices",
    "totals",
    "labels",
    "certificate",
    "shadow_prices",
    "foreseen",
    "provenance",
]


def test_no_part_is_left_out(made: Design) -> None:
    """A new part of design.json has to be checked, or be listed and told as only reported."""
    assert set(made.document) == set(PARTS)
    assert all(certify_ok(made))


def certify_ok(made: Design) -> list[bool]:
    """The design as it was made keeps its promises."""
    checks = certify(made.instance, made.model, made.contract, list(made.intended), made.document)
    return [check.ok for check in checks]


@pytest.mark.parametrize("part", PARTS)
def test_what_is_false_is_found_out(made: Design, part: str) -> None:
    """Each figure, text and answer, changed by itself, breaks a promise unless it is only reported."""
    assert passed_over(made, part) == []


def test_every_sum_is_checked(made: Design) -> None:
    """All of ``totals``, of the design and of today, down to each need."""
    places = [named(place) for place, value in leaves(made.document["totals"]) if not isinstance(value, str)]
    assert len(places) == 2 * (7 + 2 * 2)
    assert not [place for place in places if among(("totals", place), REPORTED)]


def test_what_is_only_reported_is_said() -> None:
    """Whoever reads what is not proved learns of each."""
    for words in REPORTED.values():
        assert words in ON_TRUST


def test_what_is_only_reported_passes(made: Design) -> None:
    """The list is no longer than it has to be."""
    for place in (("stopped",), ("instance", "name"), ("model", "name"), ("margin_overrides_instance",)):
        part: Any = made.document
        for key in place:
            part = part[key]
        assert not found_out(made, place, false_ones(part, False)[0])
