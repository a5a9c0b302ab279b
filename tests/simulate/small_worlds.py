"""Instances made by hand for the simulator's practices: few needs, few services, answers known on paper."""

from __future__ import annotations

from typing import Any

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import (
    ROLES,
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

STRAIGHT = ((0.0, 0.0), (1.0, 1.0))
BENT = ((0.0, 0.0), (0.5, 0.75), (1.0, 1.0))
CHILDREN = 1000.0


def need(name: str = "care", segment: str = "child", events: float = 1.0, **changes: Any) -> Need:
    """A need worth 0.001 QALY an event, whose neglect costs nobody anything."""
    given: dict[str, Any] = {
        "uncovered_to": "nowhere",
        "uncovered_cost": 0.0,
        "uncovered_qaly_loss": 0.0,
        "qaly_per_event": 0.001,
        "curve": STRAIGHT,
        "downstream_saving": 0.0,
    }
    return Need(name, segment, events, **(given | changes))


def service(name: str = "visit", of: str = "care", minutes: float = 0.0, **changes: Any) -> Service:
    """A clinician's service that always works and costs nothing but time."""
    given: dict[str, Any] = {"supply_cost": 0.0, "rvu": 1.0, "effectiveness": 1.0}
    return Service(name, name, of, {"clinician": minutes, "np": 0.0, "team": 0.0}, **(given | changes))


def practice(name: str = "office", **changes: Any) -> Practice:
    """One clinician, without overtime, fixed cost or altruism."""
    given: dict[str, Any] = {
        "ownership": "independent",
        "count": 1.0,
        "fte": {"clinician": 1.0, "np": 0.0, "team": 0.0},
        "altruism": 0.0,
        "effort_scale": 1.0,
        "overtime_hours_per_fte": (),
        "overtime_wage_multiples": (),
        "fixed_cost": 0.0,
        "cost_per_child": 0.0,
    }
    return Practice(name, name, **(given | changes))


def small(hours: float = 10_000.0, **changes: Any) -> Instance:
    """One office with so many clinician hours, 1,000 children whom it must keep, one need, one service."""
    terms = {"clinician": (hours, 60.0, False), "np": (0.0, 50.0, True), "team": (0.0, 25.0, True)}
    given: dict[str, Any] = {
        "name": "small",
        "title": "Small",
        "description": "Made by hand",
        "price_year": 2025,
        "budget": None,
        "conversion_factor": 50.0,
        "status_quo": Contract(fees={"visit": 50.0}),
        "income_floor": 0.5,
        "income_ceiling": 2.0,
        "margin": 0.0,
        "rules": Rules(),
        "staff": {role: StaffRole(role, *terms[role], 0.0) for role in ROLES},
        "segments": (Segment("child", "Children", 1.0),),
        "needs": (need(),),
        "services": (service(),),
        "measures": (),
        "practices": (practice(),),
        "panels": (Panel("office", "child", CHILDREN, CHILDREN),),
    }
    return Instance(**(given | changes))


def measured(*thresholds: float, numerator: str = "visit", least: float = 0.0) -> Measure:
    """Share of the need's events that a service meets."""
    return Measure("rate", "Rate", {numerator: 1.0}, "care", (), thresholds, least)
