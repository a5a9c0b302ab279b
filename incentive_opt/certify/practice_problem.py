"""The practice's problem as numbers in a matrix, built straight from the instance.

This is a second construction of the problem in ``docs/mathematics.md``: it shares no code with the
formulation that the optimiser uses, so that a mistake in one is seen by the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse

from incentive_opt.certify.held_back import Terms, add_held_back
from incentive_opt.certify.line_revenue import line_quantity
from incentive_opt.certify.pools import partners_part
from incentive_opt.certify.sharing import add_sharing
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import ROLES, Instance, Measure, Need, Practice, Service

FloatArray = npt.NDArray[np.float64]
Key = tuple[str, str, object]
"""Name of a column: kind (panel, service, effective, overtime, eligible, tier, returned), item, second."""

MINUTES_PER_HOUR = 60.0
MONTHS_PER_YEAR = 12.0


@dataclass
class Rows:
    """Constraint rows under construction: ``matrix x <= upper``."""

    row: list[int] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)

    def add(self, terms: list[tuple[int, float]], upper: float) -> None:
        """Append one row."""
        number = len(self.upper)
        for column, value in terms:
            self.row.append(number)
            self.column.append(column)
            self.value.append(value)
        self.upper.append(upper)

    def matrix(self, columns: int) -> sparse.csr_array:
        """The rows as a sparse matrix; repeated entries add up."""
        entries = (self.value, (self.row, self.column))
        return sparse.csr_array(entries, shape=(len(self.upper), columns), dtype=np.float64)


@dataclass(frozen=True)
class Linear:
    """A linear function of the columns: ``coefficients . x + constant``."""

    coefficients: FloatArray
    constant: float

    def __call__(self, point: FloatArray) -> float:
        """Value at a point."""
        return float(self.coefficients @ point) + self.constant

    def plus(self, other: Linear, weight: float) -> Linear:
        """Sum of the function and ``weight`` times another."""
        return Linear(
            self.coefficients + weight * other.coefficients, self.constant + weight * other.constant
        )


class PracticeProblem:
    """Columns, rows, bounds and the three quantities of one practice under one contract.

    Parameters
    ----------
    instance : Instance
    practice : Practice
    contract : Contract
        Only tiers on which money rides get a column: the others neither pay nor bind.

    Attributes
    ----------
    utility, health, outlay : Linear
        As in docs/mathematics.md [USD/year, QALY/year, USD/year].
    """

    def __init__(self, instance: Instance, practice: Practice, contract: Contract) -> None:
        self.instance = instance
        self.practice = practice
        self.contract = contract
        self.columns: dict[Key, int] = {}
        self._upper: list[float] = []
        self._lower: list[float] = []
        self._rows = Rows()
        self.contracted = {s.name: s.contracted for s in instance.segments}
        self.demanded = {p.segment: p.demanded for p in instance.panels if p.practice == practice.name}
        self.needs: list[Need] = [n for n in instance.needs if n.segment in self.demanded]
        self.delivered_by: dict[tuple[str, str], list[Service]] = {
            (n.name, n.segment): [
                s
                for s in instance.services
                if s.need == n.name and (not s.segments or n.segment in s.segments)
            ]
            for n in self.needs
        }
        self._activities()
        self._care()
        self._staff_time()
        self._tiers()
        add_held_back(self, self._column, self._rows.add)
        add_sharing(self, self._column, self._rows.add, self._judged)
        self.matrix = self._rows.matrix(len(self.columns))
        self.row_upper = np.array(self._rows.upper)
        self.lower = np.array(self._lower)
        self.upper = np.array(self._upper)
        self.integer = np.array([1 if key[0] in ("tier", "way") else 0 for key in self.columns])
        self._quantities()

    def _column(self, key: Key, lower: float, upper: float) -> int:
        self.columns[key] = len(self.columns)
        self._lower.append(lower)
        self._upper.append(upper)
        return self.columns[key]

    def _activities(self) -> None:
        for panel in self.instance.panels:
            if panel.practice == self.practice.name:
                self._column(("panel", panel.segment, ""), panel.minimum, panel.demanded)
        for need in self.needs:
            most = need.events_per_child_year * self.demanded[need.segment]
            for service in self.delivered_by[need.name, need.segment]:
                self._column(("service", service.name, need.segment), 0.0, most)
            self._column(("effective", need.name, need.segment), 0.0, most)
        for role in ROLES:
            for band, hours in enumerate(self.practice.overtime_hours_per_fte):
                self._column(("overtime", role, band), 0.0, hours * self.practice.fte[role])

    def _care(self) -> None:
        for need in self.needs:
            panel = self.columns["panel", need.segment, ""]
            rate = need.events_per_child_year
            services = self.delivered_by[need.name, need.segment]
            columns = [self.columns["service", s.name, need.segment] for s in services]
            self._rows.add([(c, 1.0) for c in columns] + [(panel, -rate)], 0.0)
            effective = self.columns["effective", need.name, need.segment]
            for slope, intercept in need.pieces():
                terms = [(c, -slope * s.effectiveness) for c, s in zip(columns, services, strict=True)]
                self._rows.add([(effective, 1.0), *terms, (panel, -intercept * rate)], 0.0)

    def _staff_time(self) -> None:
        for role in ROLES:
            terms = self.staff_hours(role)
            staff = self.instance.staff[role]
            regular = self.practice.fte[role] * staff.hours_per_fte
            bands = range(len(self.practice.overtime_hours_per_fte))
            overtime = [(self.columns["overtime", role, band], -1.0) for band in bands]
            self._rows.add(terms + overtime, regular)

    def staff_hours(self, role: str) -> list[tuple[int, float]]:
        """Hours of the role per unit of each column that takes its time [hours]."""
        services = {s.name: s for s in self.instance.services}
        per_child = self.instance.staff[role].panel_minutes_per_child / MINUTES_PER_HOUR
        result = []
        for (kind, item, _), column in self.columns.items():
            if kind == "service":
                result.append((column, services[item].minutes[role] / MINUTES_PER_HOUR))
            elif kind == "panel":
                result.append((column, per_child))
        return result

    def measured_segments(self, measure: Measure) -> list[str]:
        """Contracted segments of this practice in the measure's denominator."""
        having = [n.segment for n in self.needs if n.name == measure.denominator_need]
        chosen = [s for s in having if not measure.segments or s in measure.segments]
        return [s for s in chosen if self.contracted[s]]

    def _tiers(self) -> None:
        for measure in self.instance.measures:
            paid = self.contract.tiers_with_money(measure.name, len(measure.thresholds))
            if paid:
                self._measure(measure, paid)

    def _judged(self, measure: Measure) -> tuple[Terms, Terms, float] | None:
        """Numerator, denominator and largest denominator of a measure; None where it does not apply."""
        segments = self.measured_segments(measure)
        rates = {n.segment: n.events_per_child_year for n in self.needs if n.name == measure.denominator_need}
        largest = sum(rates[s] * self.demanded[s] for s in segments)
        if largest < measure.minimum_denominator or largest <= 0.0:
            return None
        denominator = [(self.columns["panel", s, ""], rates[s]) for s in segments]
        numerator = [
            (self.columns["service", service, segment], weight)
            for service, weight in measure.numerator.items()
            for segment in segments
            if ("service", service, segment) in self.columns
        ]
        if self.contract.benchmarks.counts_elsewhere:
            # What others closed: their share of the events that no service here closed.
            others = measure.closed_elsewhere
            numerator = [(column, (1.0 - others) * weight) for column, weight in numerator]
            numerator += [(column, others * rate) for column, rate in denominator]
        return numerator, denominator, largest

    def _measure(self, measure: Measure, paid: Sequence[int]) -> None:
        judged = self._judged(measure)
        if judged is None:
            return
        numerator, denominator, largest = judged
        negative_denominator = [(column, -rate) for column, rate in denominator]
        negative_numerator = [(column, -weight) for column, weight in numerator]
        previous: int | None = None
        for tier in paid:
            eligible = self._column(("eligible", measure.name, tier), 0.0, largest)
            attained = self._column(("tier", measure.name, tier), 0.0, 1.0)
            needed = self.instance.target(self.practice.name, measure, tier)
            self._rows.add([(eligible, needed), *negative_numerator], 0.0)
            self._rows.add([(eligible, 1.0), *negative_denominator], 0.0)
            self._rows.add([(eligible, 1.0), (attained, -largest)], 0.0)
            self._rows.add([*denominator, (eligible, -1.0), (attained, largest)], largest)
            if previous is not None:
                self._rows.add([(attained, 1.0), (previous, -1.0)], 0.0)
            previous = attained

    def _quantities(self) -> None:
        size = len(self.columns)
        revenue, other, money, burden = (np.zeros(size) for _ in range(4))
        instance, practice = self.instance, self.practice
        services = {s.name: s for s in instance.services}
        segments = {s.name: s for s in instance.segments}
        for (kind, item, second), column in self.columns.items():
            if kind == "service":
                service, segment = services[item], segments[str(second)]
                if segment.contracted:
                    revenue[column] = self.contract.fees.get(item, 0.0)
                else:
                    fee = instance.status_quo.fees.get(item, 0.0)
                    other[column] = segment.other_payer_fee_multiple * fee
                money[column] = service.supply_cost
                burden[column] = practice.effort_scale * service.effort_cost
            elif kind == "panel":
                money[column] = practice.cost_per_child
                if segments[item].contracted:
                    revenue[column] = MONTHS_PER_YEAR * self.contract.capitation.get(item, 0.0)
            elif kind == "overtime":
                role = instance.staff[item]
                cost = role.wage * practice.overtime_wage_multiples[int(str(second))]
                (money if role.overtime_paid else burden)[column] = cost
            elif kind == "eligible":
                revenue[column] = self.contract.bonuses.get((item, int(str(second))), 0.0)
        fixed = 0.0
        for line, price in self.contract.lines.items():
            quantity, constant = line_quantity(self, line, self.contract.benchmarks)
            revenue += price * quantity
            fixed += price * constant
        own, self.health, outside = self._health_and_leakage()
        income = revenue + other - money
        self.revenue = Linear(revenue, fixed)
        self.net_income = Linear(income, fixed - practice.fixed_cost)
        self.utility = Linear(income - burden, fixed - practice.fixed_cost).plus(own, practice.altruism)
        self.outlay = self.revenue.plus(outside, 1.0).plus(Linear(partners_part(self), 0.0), 1.0)

    def _health_and_leakage(self) -> tuple[Linear, Linear, Linear]:
        """Own health, the payer's health and cost outside the practice."""
        size = len(self.columns)
        own, payer, outside = np.zeros(size), np.zeros(size), np.zeros(size)
        own_constant = payer_constant = outside_constant = 0.0
        weight = {s.name: s.equity_weight if s.contracted else 0.0 for s in self.instance.segments}
        for need in self.needs:
            segment = need.segment
            events = need.events_per_child_year * self.demanded[segment]
            effective = self.columns["effective", need.name, segment]
            columns = [
                self.columns["service", s.name, segment] for s in self.delivered_by[need.name, segment]
            ]
            own[effective] = need.qaly_per_event
            payer[effective] = weight[segment] * need.qaly_per_event
            own[columns] = need.uncovered_qaly_loss
            payer[columns] = weight[segment] * need.uncovered_qaly_loss
            own_constant -= need.uncovered_qaly_loss * events
            payer_constant -= weight[segment] * need.uncovered_qaly_loss * events
            if self.contracted[segment]:
                borne = 1.0 - need.hospital_margin * self.instance.hospital_margin_share
                outside[effective] = -need.downstream_saving * borne
                outside[columns] = -need.uncovered_cost * borne
                outside_constant += (need.uncovered_cost + need.downstream_saving) * borne * events
        return Linear(own, own_constant), Linear(payer, payer_constant), Linear(outside, outside_constant)
