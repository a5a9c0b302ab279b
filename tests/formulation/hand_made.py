"""Instances made by hand: one practice, one segment, few services; and random ones of any size."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import (
    Instance,
    Measure,
    Need,
    Panel,
    Practice,
    Rules,
    Segment,
    Service,
    StaffRole,
)
from incentive_opt.domain.response import Response
from incentive_opt.formulation.compile import CompiledPractice


def need(name: str = "well_care", segment: str = "child", events: float = 1.0, **changes: Any) -> Need:
    """A need with one QALY-worth figure and no leakage unless said otherwise."""
    given: dict[str, Any] = {
        "uncovered_to": "nowhere",
        "uncovered_cost": 0.0,
        "uncovered_qaly_loss": 0.0,
        "qaly_per_event": 0.001,
        "curve": ((0.0, 0.0), (1.0, 1.0)),
        "downstream_saving": 0.0,
    }
    return Need(name, segment, events, **(given | changes))


def service(name: str, for_need: str = "well_care", minutes: float = 10.0, **changes: Any) -> Service:
    """A clinician's service."""
    given: dict[str, Any] = {"supply_cost": 0.0, "rvu": 1.0, "effectiveness": 1.0}
    return Service(name, name, for_need, {"clinician": minutes}, **(given | changes))


def practice(name: str = "office", **changes: Any) -> Practice:
    """One clinician, no overtime, no fixed cost."""
    given: dict[str, Any] = {
        "ownership": "independent",
        "count": 1.0,
        "fte": {"clinician": 1.0},
        "altruism": 1000.0,
        "effort_scale": 1.0,
        "overtime_hours_per_fte": (),
        "overtime_wage_multiples": (),
        "fixed_cost": 0.0,
        "cost_per_child": 0.0,
    }
    return Practice(name, name, **(given | changes))


def instance(**changes: Any) -> Instance:
    """One office, one segment of 100 children, one need, one service at 50 USD."""
    staff = {
        role: StaffRole(role, 1000.0, 60.0, role != "clinician", 0.0) for role in ("clinician", "np", "team")
    }
    given: dict[str, Any] = {
        "name": "hand_made",
        "title": "",
        "description": "",
        "price_year": 2025,
        "budget": None,
        "conversion_factor": 50.0,
        "status_quo": Contract(fees={"visit": 50.0}),
        "income_floor": 0.5,
        "income_ceiling": 2.0,
        "margin": 0.0,
        "rules": Rules(),
        "staff": staff,
        "segments": (Segment("child", "children", 1.0),),
        "needs": (need(),),
        "services": (service("visit"),),
        "measures": (),
        "practices": (practice(),),
        "panels": (Panel("office", "child", 100.0, 100.0),),
    }
    return Instance(**(given | changes))


def random_instance(
    seed: int,
    practices: int = 2,
    segments: int = 3,
    needs: int = 4,
    services_per_need: int = 2,
    measures: int = 2,
    tiers: int = 2,
    **changes: Any,
) -> Instance:
    """A random instance; sizes as asked, all features of the format in use."""
    draw = np.random.default_rng(seed)
    share = np.random.default_rng([seed, 1])  # of its own, so that the other numbers stay what they were
    between = lambda low, high: float(draw.uniform(low, high))  # noqa: E731
    segment_list = tuple(
        Segment(
            f"segment{k}",
            "",
            between(0.5, 2.0),
            k != segments - 1,
            between(0.5, 1.5) if k == segments - 1 else 0.0,
        )
        for k in range(segments)
    )
    need_list = tuple(
        need(
            f"need{n}",
            f"segment{k}",
            between(0.2, 3.0),
            uncovered_cost=between(10, 300),
            uncovered_qaly_loss=between(0, 0.002),
            qaly_per_event=between(0.0005, 0.005),
            curve=((0.0, 0.0), (0.4, 0.6), (0.8, 0.9), (1.0, 1.0)),
            downstream_saving=between(0, 50),
            hospital_margin=float(share.uniform(0.0, 1.0)),
        )
        for n in range(needs)
        for k in range(segments)
        if n == 0 or draw.random() < 0.9
    )
    services = tuple(
        Service(
            f"service{n}_{j}",
            "",
            f"need{n}",
            {"clinician": between(5, 30), "np": between(0, 20), "team": between(0, 20)},
            between(0, 20),
            between(0.0, 4.0),
            between(0.4, 1.0),
            between(0, 10),
            ("segment0", "segment1") if draw.random() < 0.2 else (),
        )
        for n in range(needs)
        for j in range(services_per_need)
    )
    measure_list = tuple(
        Measure(
            f"measure{m}",
            "",
            {f"service{m % needs}_{j}": between(0.5, 1.0) for j in range(services_per_need)},
            f"need{m % needs}",
            (),
            tuple(np.linspace(0.3, 0.8, tiers).tolist()),
            1.0,
            closed_elsewhere=0.1 * (1 + (seed + m) % 4),
        )
        for m in range(measures)
    )
    practice_list = tuple(
        practice(
            f"practice{i}",
            count=float(draw.integers(1, 50)),
            fte={"clinician": between(1, 4), "np": between(0.5, 2), "team": between(0.5, 2)},
            altruism=between(5000, 30000),
            effort_scale=between(0, 2),
            overtime_hours_per_fte=(100.0, 300.0),
            overtime_wage_multiples=(1.3, 2.5),
            fixed_cost=between(1e4, 3e5),
            cost_per_child=between(0, 50),
        )
        for i in range(practices)
    )
    panels = tuple(
        Panel(f"practice{i}", f"segment{k}", demanded, demanded * between(0.0, 0.9))
        for i in range(practices)
        for k in range(segments)
        if (demanded := between(100, 1200)) > 0
    )
    staff = {
        role: StaffRole(role, between(1400, 1800), wage, role != "clinician", minutes)
        for role, wage, minutes in (("clinician", 107.0, 5.0), ("np", 60.0, 0.0), ("team", 25.0, 2.0))
    }
    contract = Contract(
        fees={s.name: 21.35 * s.rvu for s in services},
        capitation={"segment0": between(0, 5)},
        bonuses={(f"measure{m}", 1): between(1, 30) for m in range(measures) if m % 2 == 0},
    )
    made = instance(
        hospital_margin_share=float(share.uniform(0.0, 1.0)),
        conversion_factor=21.35,
        status_quo=contract,
        staff=staff,
        segments=segment_list,
        needs=need_list,
        services=services,
        measures=measure_list,
        practices=practice_list,
        panels=panels,
    )
    return dataclasses.replace(made, **changes)


def random_response(compiled: CompiledPractice, seed: int) -> Response:
    """A response within the practice's problem, tiers attained or not as they fall out."""
    return compiled.response(random_activities(compiled, seed))


def random_activities(compiled: CompiledPractice, seed: int, elsewhere: bool = False) -> np.ndarray:
    """A vector of activities: any panel, any services within need, what they bring about.

    ``elsewhere``: whether measures count what others closed.
    """
    draw = np.random.default_rng(seed)
    scope = compiled.scope
    place = {column: number for number, column in enumerate(compiled.columns)}
    x = np.zeros(len(compiled.columns))
    for segment in scope.segments:
        x[place["panel", segment, ""]] = draw.uniform(scope.minimum[segment], scope.demanded[segment])
    for (name, segment), services in scope.deliverable.items():
        if not services:
            continue
        rate = scope.needs[name, segment].events_per_child_year
        events = rate * x[place["panel", segment, ""]]
        shares = draw.dirichlet(np.ones(len(services) + 1))[:-1]
        effect = 0.0
        for one, share in zip(services, shares, strict=True):
            x[place["services", one.name, segment]] = share * events
            effect += one.effectiveness * share * events
        x[place["effective", name, segment]] = min(
            slope * effect + intercept * events for slope, intercept in scope.needs[name, segment].pieces()
        )
    for variable, first, second in compiled.columns:
        if variable == "overtime":
            x[place[variable, first, second]] = draw.uniform(0, 20)
        if variable == "always":
            x[place[variable, first, second]] = 1.0
        if variable == "tier":
            measure = scope.measures[first]
            denominator = sum(
                scope.needs[measure.measure.denominator_need, k].events_per_child_year
                * x[place["panel", k, ""]]
                for k in measure.segments
            )
            numerator = sum(
                weight * x[place["services", s, k]]
                for s, weight in measure.measure.numerator.items()
                for k in measure.segments
                if ("services", s, k) in place
            )
            if elsewhere:
                numerator += measure.measure.closed_elsewhere * (denominator - numerator)
            if numerator >= measure.measure.thresholds[int(second) - 1] * denominator:
                x[place[variable, first, second]] = 1.0
                x[place["eligible", first, second]] = denominator
    for variable, first, second in compiled.columns:
        if variable == "returned" and x[place["tier", first, second]] > 0.5:
            x[place[variable, first, second]] = sum(
                scope.status_quo_fees[name] * x[place["services", name, segment]]
                for kind, name, segment in compiled.columns
                if kind == "services" and segment in scope.contracted
            )
    return _with_savings(compiled, x)


def _with_savings(compiled: CompiledPractice, x: np.ndarray) -> np.ndarray:
    """The vector with its savings in the range, of those they may stand in, that pays most."""
    place = {column: number for number, column in enumerate(compiled.columns)}
    names = [name for variable, name, _ in compiled.columns if variable == "piece"]
    if not names:
        return x
    tie = compiled.row_names.index(next(n for n in compiled.row_names if n.startswith("all_saved")))
    entry = compiled.matrix.toarray()[tie]
    # 'savings - pieces = 0' in the compiler's own sign and scale
    saved = (compiled.row_upper[tie] - entry @ x) / entry[place["saved", names[0], ""]]
    paid = compiled.features.toarray()[compiled.feature_keys.index(("shared_savings", "care_elsewhere", 0))]
    best, most = x, -np.inf
    for name in names:
        tried = x.copy()
        tried[place["piece", name, ""]], tried[place["saved", name, ""]] = 1.0, saved
        rows = compiled.matrix @ tried
        size = 1e-7 * np.maximum(1.0, np.abs(compiled.matrix.toarray()) @ np.abs(tried))
        mine = [
            n
            for n, row in enumerate(compiled.row_names)
            if row.split("[")[0] in ("saved_from", "saved_to", "gate")
        ]
        fits = np.all((rows <= compiled.row_upper + size)[mine]) and np.all(
            (rows >= compiled.row_lower - size)[mine]
        )
        if fits and paid @ tried > most:
            best, most = tried, float(paid @ tried)
    return best
