"""What must hold in the part of an instance that only the simulator reads."""

from __future__ import annotations

import itertools
from typing import Any

from incentive_opt.files.problems import Problems
from incentive_opt.files.tables import Row, Table
from incentive_opt.files.toml_files import place

ROUNDING = 1e-9
"""Slack, relative, in comparing costs with means that were rounded when written."""


def check_simulation(tables: dict[str, Table], problems: Problems) -> None:
    """Note what is wrong between conditions, courses, needs and health."""
    conditions, courses, needs = tables["conditions.csv"], tables["courses.csv"], tables["needs.csv"]
    courses_of = {row.text("need"): row for row in courses.rows}
    segments_of = _segments_of(needs)
    segments = tables["segments.csv"].key_names("segment") or []
    for row in conditions.rows:
        known = needs.readable and row.cells["segment"] in segments
        _multiplies(row, segments_of if known else {}, courses_of, needs, problems)
    having: dict[str, set[str]] = {}
    for row in conditions.rows:
        having.setdefault(row.text("condition"), set()).add(row.text("segment"))
    for cells in conditions.torn:
        having.setdefault(cells.get("condition", ""), set()).update(cells.values())
    for row in courses.rows:
        _scheduled(row, problems)
        _condition_of_need(row, having, segments_of, problems)
        _least_values(row, tables, problems)


def check_simulation_terms(raw: dict[str, Any], text: str, shown: str, problems: Problems) -> None:
    """Note what does not fit within [simulation] of instance.toml."""
    at = ("simulation", "continuity")
    part: Any = raw
    for key in at:
        part = part.get(key) if isinstance(part, dict) else None
    if not isinstance(part, dict):
        return
    low, high = part.get("low_index"), part.get("high_index")
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        problems.add(shown, place((*at, "low_index"), text), low, f"at most high_index, {high}")


def _segments_of(needs: Table) -> dict[str, list[str]]:
    """The segments that have a need, by need; those where it never arises left out."""
    segments: dict[str, list[str]] = {}
    for row in needs.rows:
        arises = not row.has("events_per_child_year") or row.number("events_per_child_year") > 0
        if arises:
            segments.setdefault(row.cells["need"], []).append(row.cells["segment"])
    return segments


def _multiplies(
    row: Row, segments_of: dict[str, list[str]], courses_of: dict[str, Row], needs: Table, problems: Problems
) -> None:
    """A condition multiplies needs that its segment has and that can come more often in some children."""
    where, segment = f"{row.where}, multiplies", row.cells["segment"]
    for need in row.weights("multiplies"):
        known = segments_of.get(need, [segment])
        if segment not in known and not needs.may_hold(need, segment):
            problems.add(
                row.file,
                where,
                need,
                f"a need of segment {segment!r}",
                f"These segments have it: {', '.join(segments_of[need])}.",
            )
        course = courses_of.get(need)
        if course is None:
            continue
        if course.text("arrival") == "scheduled":
            problems.add(
                row.file,
                where,
                need,
                "a need that courses.csv lets come at random",
                "A scheduled need falls due alike in all children.",
            )
        if row.has("condition") and course.text("condition") == row.text("condition"):
            problems.add(
                row.file,
                where,
                need,
                "a need that children without the condition have too",
                "In courses.csv it arises only with this condition.",
            )


def _scheduled(row: Row, problems: Problems) -> None:
    """What is scheduled has no season, does not cluster, and is for every child."""
    if row.text("arrival") != "scheduled":
        return
    for column in ("season_amplitude", "dispersion"):
        if row.number(column) > 0:
            expected = "0, as the need is scheduled"
            problems.add(row.file, f"{row.where}, {column}", row.cells[column], expected)
    if row.has("condition"):
        expected = "no condition, as the need is scheduled"
        problems.add(
            row.file, f"{row.where}, condition", row.text("condition"), expected, "Leave the cell empty."
        )


def _condition_of_need(
    row: Row, having: dict[str, set[str]], segments_of: dict[str, list[str]], problems: Problems
) -> None:
    """Wherever the need arises, some children have its condition."""
    condition = row.text("condition")
    if condition not in having:
        return
    for segment in segments_of.get(row.text("need"), []):
        if segment not in having[condition]:
            problems.add(
                row.file,
                f"{row.where}, condition",
                condition,
                f"a row of conditions.csv for {condition!r} in segment {segment!r}, which has the need",
                "Add it there, or leave the cell empty.",
            )


def _least_values(row: Row, tables: dict[str, Table], problems: Problems) -> None:
    """What comes whole is worth at least its mean; otherwise an event would bring more than one as a rule.

    Not so on the smooth curve, which begins steeper than its first chord, or where continuity is low: there
    the simulator lets an event bring several admissions or visits, so that their number stays right.
    """
    health, needs = (
        [other for other in tables[file].once if other.text("need") == row.text("need")]
        for file in ("health.csv", "needs.csv")
    )
    gains = {other.text("segment"): other.number("qaly_per_event") for other in health}
    savings = {
        other.text("segment"): other.number("downstream_saving") * _steepest(other) for other in health
    }
    leaks = {other.text("segment"): other.number("uncovered_cost") for other in needs}
    for column, means, what in (
        ("qaly_if_it_works", gains, "qaly_per_event of health.csv"),
        ("admission_cost", savings, "downstream_saving times the steepest slope of the curve in health.csv"),
        ("leak_visit_cost", leaks, "uncovered_cost of needs.csv"),
    ):
        if not row.has(column) or not means:
            continue
        segment = max(means, key=means.__getitem__)
        if row.number(column) < means[segment] * (1 - ROUNDING):
            problems.add(
                row.file,
                f"{row.where}, {column}",
                row.cells[column],
                f"at least {means[segment]:.12g}, the mean in segment {segment!r}",
                f"The mean is {what}; with a smaller value an event would bring more than one.",
            )


def _steepest(row: Row) -> float:
    """Steepest slope of a curve [1]; 1 where the curve could not be read."""
    points = row.curve("curve")
    return max((y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in itertools.pairwise(points)) if points else 1.0
