"""What is read off a year: the quantities that are averaged, compared with promises and reported."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from incentive_opt.simulate.ledger import Ledger, visit_minutes, visits
from incentive_opt.simulate.world import FloatArray, Terms, World

TOTALS = {
    "health_qaly": "QALY/year",
    "outlay_usd": "USD/year",
    "contract_payments_usd": "USD/year",
    "bonuses_usd": "USD/year",
    "outside_cost_usd": "USD/year",
    "children_on_panels": "contracted children",
    "children_turned_away": "contracted children",
    "visits": "visits/year",
    "minutes_per_visit": "clinician and NP minutes",
    "leak_visits": "visits elsewhere/year",
    "admissions": "admissions/year",
    "crowded_out": "events/year",
    "own_clinician_share": "of contacts",
}
"""Totals over all practices, with units. Health, money and panels of contracted children; the rest of all."""


@dataclass(frozen=True)
class Quantity:
    """One figure of a year.

    Attributes
    ----------
    kind : str
        A key of ``TOTALS``; or, for a practice type (one practice, mean over the type), ``net_income_usd``,
        ``revenue_usd``, ``practice_health_qaly``, ``panel`` (of a segment), ``rate`` (of a measure) or
        ``tier_paid`` (share of the type's practices paid for a tier).
    practice, of : str
        Practice type; segment or measure.
    tier : int
        1-based; else 0.
    unit : str
    """

    kind: str
    practice: str = ""
    of: str = ""
    tier: int = 0
    unit: str = ""


def quantities(world: World, terms: Terms) -> list[Quantity]:
    """All quantities of an instance under a contract, in the order of ``read_off``."""
    instance = world.instance
    result = [Quantity(kind, unit=unit) for kind, unit in TOTALS.items()]
    paid = _with_money(terms)
    for practice in instance.practices:
        name = practice.name
        result.append(Quantity("net_income_usd", name, unit="USD/practice and year"))
        result.append(Quantity("revenue_usd", name, unit="USD/practice and year"))
        result.append(Quantity("practice_health_qaly", name, unit="QALY/practice and year"))
        result += [Quantity("panel", name, s.name, unit="child-years/practice") for s in instance.segments]
        result += [Quantity("rate", name, m.name, unit="1") for m in instance.measures]
        result += [
            Quantity("tier_paid", name, instance.measures[m].name, int(t) + 1, unit="of practices")
            for m, t in paid
        ]
    return result


def read_off(ledger: Ledger, terms: Terms) -> FloatArray:
    """The quantities of one year, array (quantities,); rates without a denominator are NaN."""
    figures = list(_totals(ledger).values())
    year, kinds = ledger.tally, len(ledger.world.count)
    income, revenue, health = (ledger.by_type(x) for x in (ledger.income, ledger.revenue, ledger.health))
    panel = ledger.by_type(year.child_years)
    numerator, denominator = ledger.by_type(year.numerator), ledger.by_type(year.denominator)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = numerator / denominator
    paid = [ledger.by_type(ledger.paid[m][:, t].astype(float)) for m, t in _with_money(terms)]
    for kind in range(kinds):
        figures += [income[kind], revenue[kind], health[kind], *panel[kind], *rate[kind]]
        figures += [share[kind] for share in paid]
    return np.array(figures, dtype=np.float64)


def _with_money(terms: Terms) -> list[tuple[int, int]]:
    """Measures and tiers, numbered from 0, on which money rides: a bonus, or fees held back."""
    return [
        (m, int(t))
        for m, bonus in enumerate(terms.bonuses)
        for t in np.flatnonzero((bonus > 0.0) | (terms.withheld[m] > 0.0))
    ]


def _totals(ledger: Ledger) -> dict[str, float]:
    """Figures over all practices, by the keys of ``TOTALS``."""
    world, year, total = ledger.world, ledger.tally, ledger.total
    contracted = world.contracted
    bonuses = sum((bonus.sum(axis=1) for bonus in ledger.bonuses), np.zeros(len(ledger.weight)))
    number, contacts = total(visits(world, year)), total(year.contacts)
    minutes = total(visits(world, year) * visit_minutes(world, year))
    figures = {
        "health_qaly": total(ledger.health),
        "outlay_usd": total(ledger.outlay),
        "contract_payments_usd": total(ledger.revenue),
        "bonuses_usd": total(bonuses),
        "outside_cost_usd": total(ledger.outside),
        "children_on_panels": total(year.child_years[:, contracted].sum(axis=1)),
        "children_turned_away": total((year.asked - year.child_years)[:, contracted].sum(axis=1)),
        "visits": number,
        "minutes_per_visit": minutes / number if number else 0.0,
        "leak_visits": total(year.leak_visits.sum(axis=1)),
        "admissions": total(year.admissions.sum(axis=1)),
        "crowded_out": total(year.crowded_out.sum(axis=1)),
        "own_clinician_share": total(year.own_contacts) / contacts if contacts else float("nan"),
    }
    return {kind: figures[kind] for kind in TOTALS}
