"""Reports of files that were changed by hand: refused in plain words or shown, never a crash."""

from __future__ import annotations

import copy
import json
import random
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from incentive_opt.cli.report import remarks_on
from incentive_opt.errors import InputError
from incentive_opt.report import Report, report_of
from incentive_opt.report.parts import Number
from incentive_opt.report.tables import csv_files
from tests.report.runs import rewrite

CASES = 60
DROPPED = object()
ODD = ("x", None, [], {}, -1, 1e300, True, [1], {"a": 1}, DROPPED)
ROBUSTNESS = {
    "holds": False,
    "robust": True,
    "price_qaly": 0.5,
    "deviations": 2.5,
    "altruism_margin": 0.03,
    "attempts": [
        {"deviations": 0.0, "altruism_margin": 0.0, "health_qaly": 12.3, "simulated_qaly": 11.0,
         "holds": False, "robust": False, "kept": {"rational": 0.7, "inertial": 0.6}, "reason": ""},
        {"deviations": 2.5, "altruism_margin": 0.03, "health_qaly": None, "simulated_qaly": None,
         "holds": None, "robust": None, "kept": None, "reason": "nothing better was found."},
    ],
    "sentences": [],
}  # fmt: skip


def places(part: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    if place:
        yield place
    for key, value in (
        part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    ):
        yield from places(value, (*place, key))


def changed(document: Any, place: tuple[Any, ...], value: object) -> Any:
    """A copy with another value at a place, or without it."""
    made = copy.deepcopy(document)
    around = made
    for key in place[:-1]:
        around = around[key]
    if value is DROPPED:
        del around[place[-1]]
    else:
        around[place[-1]] = value
    return made


@pytest.mark.parametrize("name", ["design.json", "validation.json"])
def test_odd_values_are_refused_or_shown(run: Path, name: str) -> None:
    """Sixty values of wrong kinds at random places: a report, or an input error."""
    seed = secrets.randbelow(2**32)
    draw = random.Random(seed)
    document = json.loads((run / name).read_text(encoding="utf-8"))
    if name == "design.json":
        document["robustness"] = ROBUSTNESS
    found = list(places(document))
    for _ in range(CASES):
        place, value = draw.choice(found), draw.choice(ODD)
        (run / name).write_text(json.dumps(changed(document, place, value)), encoding="utf-8")
        try:
            csv_files(report_of(run, remarks_on))
        except InputError:
            continue
        except Exception as error:
            where = ".".join(map(str, place))
            raise AssertionError(f"{name}, {where} = {value!r}, seed {seed}") from error


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("labels",), [1]),
        (("labels", "practices"), "x"),
        (("labels", "practices", "busy"), 1),
        (("notes",), [{}]),
        (("margin_usd",), "much"),
        (("contract", "levers", 0, "lower"), "low"),
        (("contract", "levers", -1, "tier"), 99),
        (("contract", "levers", -1, "of"), "no_such_measure"),
        (("practices", 0, "income_floor_usd"), True),
        (("objective", "upper_bound_qaly"), None),
    ],
)
def test_odd_extra_fields_are_named(run: Path, where: tuple[Any, ...], value: object) -> None:
    """What a design.json need not have is checked before it is read."""
    document = json.loads((run / "design.json").read_text(encoding="utf-8"))
    (run / "design.json").write_text(json.dumps(changed(document, where, value)), encoding="utf-8")
    with pytest.raises(InputError, match=r"design\.json"):
        report_of(run, remarks_on)


def rows_of(report: Report, key: str) -> list[list[Any]]:
    (table,) = [one for one in report.tables if one.key == key]
    return [[cell.value if isinstance(cell, Number) else cell for cell in row] for row in table.rows]


def test_searches_of_a_robust_design_are_shown(run: Path) -> None:
    """Each attempt with the least that any behaviour keeps; the command has what was allowed for."""
    rewrite(run / "design.json", lambda design: design.update(robustness=ROBUSTNESS))
    report = report_of(run)
    first, second = rows_of(report, "robust_searches")
    assert first == [0.0, 0.0, 12.3, 11.0, pytest.approx(60.0), "no", "no", ""]
    assert second == [2.5, 3.0, None, None, None, "", "", "nothing better was found."]
    assert "--aim-above 2.5" in str(report.sections[-1].parts)


def test_targets_above_thresholds_are_shown(run: Path) -> None:
    """Only those of tiers that carry money."""

    def aim(design: dict[str, Any]) -> None:
        design["attainment_targets"] = [
            {"practice": practice, "measure": "thorough_visit", "tier": 1, "threshold": 0.5, "target": 0.5}
            for practice in ("busy", "caring")
        ]
        design["contract"]["levers"][-1]["value"] = 0.0

    rewrite(run / "design.json", aim)
    assert [row[2:] for row in rows_of(report_of(run), "targets")] == [[1, 50.0, 50.0]] * 2
