"""The figures of simulated years as plain data: totals, practices, measures, samples."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from incentive_opt.outside import Years
from incentive_opt.simulate.figures import TOTALS
from incentive_opt.simulate.ledger import visit_minutes, visits

if TYPE_CHECKING:
    from incentive_opt.domain.contract import Contract
    from incentive_opt.domain.instance import Instance
    from incentive_opt.simulate.ledger import Ledger

Figure = dict[str, Any]
SAMPLED = ("health_qaly", "outlay_usd")


class Table:
    """Mean and interval of every quantity, by its key."""

    def __init__(self, years: Years) -> None:
        found = years.estimates
        self.units = {(q.kind, q.practice, q.of, q.tier): q.unit for q in years.quantities}
        ends = zip(found.mean.tolist(), found.low.tolist(), found.high.tolist(), strict=True)
        self.figures = dict(zip(self.units, ends, strict=True))

    def figure(self, kind: str, practice: str = "", of: str = "", tier: int = 0) -> Figure | None:
        """``mean``, ``low``, ``high`` and ``unit``; None where the quantity is not there."""
        key = (kind, practice, of, tier)
        if key not in self.figures:
            return None
        mean, low, high = (finite(value) for value in self.figures[key])
        return {"mean": mean, "low": low, "high": high, "unit": self.units[key]}


def finite(value: float) -> float | None:
    """The number, or None where it is not one."""
    return value if math.isfinite(value) else None


def totals_of(years: Years) -> dict[str, Figure]:
    """Totals over all practices that were counted."""
    table = Table(years)
    return {kind: figure for kind in TOTALS if (figure := table.figure(kind))}


def samples_of(years: Years) -> dict[str, list[float | None]]:
    """Health and outlay of every year."""
    return {
        q.kind: [finite(value) for value in years.values[:, column].tolist()]
        for column, q in enumerate(years.quantities)
        if q.kind in SAMPLED and not q.practice
    }


def practices_of(
    instance: Instance, contract: Contract, years: Years, ledger: Ledger | None
) -> list[dict[str, Any]]:
    """One entry a practice type: figures of one practice, means over the type.

    Parameters
    ----------
    ledger : Ledger or None
        Of the last year, for visits and minutes, which are not among the quantities.
    """
    table = Table(years)
    last = _last_year(ledger)
    entries = []
    for number, practice in enumerate(instance.practices):
        name = practice.name
        entries.append(
            {
                "practice": name,
                "count": practice.count,
                "net_income_usd": table.figure("net_income_usd", name),
                "revenue_usd": table.figure("revenue_usd", name),
                "health_qaly": table.figure("practice_health_qaly", name),
                "panel": _panel(instance, table, name),
                "measures": _measures(instance, contract, table, name),
                "last_year": last[number] if last else None,
            }
        )
    return entries


def _panel(instance: Instance, table: Table, practice: str) -> dict[str, dict[str, Any]]:
    """Children kept by segment, beside those who ask on average."""
    found = {}
    for segment in instance.segments:
        panel, kept = instance.panel(practice, segment.name), table.figure("panel", practice, segment.name)
        if panel is not None and kept is not None:
            found[segment.name] = {"demanded": panel.demanded, "kept": kept}
    return found


def _measures(instance: Instance, contract: Contract, table: Table, practice: str) -> list[dict[str, Any]]:
    """Rates of measures and, for tiers that carry money, the share of practices that are paid."""
    entries = []
    for measure in instance.measures:
        tiers = [
            {"tier": tier, "threshold": rate, "paid_share": share}
            for tier, rate in enumerate(measure.thresholds, start=1)
            if contract.bonuses.get((measure.name, tier), 0.0) > 0.0
            and (share := table.figure("tier_paid", practice, measure.name, tier))
        ]
        rate = table.figure("rate", practice, measure.name)
        if tiers or (rate is not None and rate["mean"] is not None):
            entries.append({"measure": measure.name, "rate": rate, "tiers": tiers})
    return entries


def _last_year(ledger: Ledger | None) -> list[dict[str, float | None]]:
    """Visits and minutes per visit of one practice of each type in the last year."""
    if ledger is None:
        return []
    number = visits(ledger.world, ledger.tally)
    each = ledger.by_type(number)
    minutes = ledger.by_type(number * visit_minutes(ledger.world, ledger.tally))
    with np.errstate(invalid="ignore", divide="ignore"):
        per_visit = minutes / each
    return [
        {"visits": finite(one), "minutes_per_visit": finite(other)}
        for one, other in zip(each.tolist(), per_visit.tolist(), strict=True)
    ]
