"""A tiny instance made by hand: one practice, one segment, one need, two ways of caring for it."""

from __future__ import annotations

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

CHILDREN = 1000.0
SHORT_MINUTES, LONG_MINUTES = 15.0, 30.0
SHORT_EFFECT = 0.6
QALY = 0.004
CURVE = ((0.0, 0.0), (0.5, 0.7), (1.0, 1.0))
THRESHOLDS = (0.3, 0.6)


def tiny_instance(hours: float, altruism: float, **changes: object) -> Instance:
    """One clinician with so many hours and a fixed panel of 1,000; a visit a child and year, short or long.

    The measure counts long visits only. There is no overtime and nothing costs anything but time.
    """
    fields: dict[str, object] = {
        "name": "tiny",
        "title": "Tiny",
        "description": "Made by hand",
        "price_year": 2025,
        "budget": None,
        "conversion_factor": 20.0,
        "status_quo": Contract(fees={"short": 60.0, "long": 70.0}),
        "income_floor": 0.9,
        "income_ceiling": 1.5,
        "margin": 0.0,
        "rules": Rules(),
        "staff": {
            "clinician": StaffRole("clinician", hours, 100.0, False, 0.0),
            "np": StaffRole("np", 0.0, 60.0, True, 0.0),
            "team": StaffRole("team", 0.0, 25.0, True, 0.0),
        },
        "segments": (Segment("child", "Children", 1.0),),
        "needs": (Need("well", "child", 1.0, "nowhere", 0.0, 0.0, QALY, CURVE, 0.0),),
        "services": (
            Service("short", "Short", "well", _clinician(SHORT_MINUTES), 0.0, 3.0, SHORT_EFFECT),
            Service("long", "Long", "well", _clinician(LONG_MINUTES), 0.0, 3.5, 1.0),
        ),
        "measures": (Measure("long_visits", "Long", {"long": 1.0}, "well", (), THRESHOLDS, 30.0),),
        "practices": (
            Practice("solo", "Solo", "owner", 1.0, _clinician(1.0), altruism, 1.0, (), (), 0.0, 0.0),
        ),
        "panels": (Panel("solo", "child", CHILDREN, CHILDREN),),
    }
    return Instance(**(fields | changes))  # type: ignore[arg-type]


def _clinician(value: float) -> dict[str, float]:
    return {"clinician": value, "np": 0.0, "team": 0.0}
