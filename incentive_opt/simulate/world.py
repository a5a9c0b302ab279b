"""An instance as numbered arrays, in the simulator's own order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import ROLES, Instance
from incentive_opt.domain.sharing import PLAIN, Sharing

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MONTHS = 12
UNKNOWN = -1.0
"""In place of a pool that the contract does not say [USD/year]."""
MINUTES_PER_HOUR = 60.0


@dataclass(frozen=True)
class World:
    """Children, care and practice types as arrays.

    Orders: segments, services, measures and practice types as in the instance; roles as in ``ROLES``;
    needs are rows of (need, segment) as in ``instance.needs``.

    Attributes
    ----------
    need_segment, need_kind : int array (needs,)
        Segment of a row, and number of its need among ``need_names``.
    need_of : int array (services, segments)
        Row of the service's need in a segment; -1 where the segment may not receive the service.
    rate, qaly, saving, leak_cost, leak_loss : array (needs,)
        Events per child-year; QALY and USD of an effective event; USD and QALY of an uncovered one.
    hospital_income : array (needs,)
        Share of what care elsewhere costs that comes back to the payer as its hospital's margin.
    effectiveness, supply, effort : array (services,)
    minutes : array (services, roles)
    status_quo_fee : array (services,)
    demanded, minimum : array (practices, segments)
        Children of one practice of the type; 0 where it has none.
    fte : array (practices, roles)
    altruism, effort_scale, fixed_cost, cost_per_child, count : array (practices,)
    overtime_width, overtime_price : array (practices, roles, bands)
        Hours of each band, and USD per hour.
    hours : array (practices, roles)
        Regular hours a year.
    overtime_paid : bool array (roles,)
    panel_minutes : array (roles,)
        Minutes per child on the panel and year.
    weight, contracted, other_multiple : array (segments,)
    counts : array (measures, services)
        Weight of a service in a measure's numerator.
    measured : bool array (measures, needs)
        Rows in the measure's denominator (contracted segments only).
    thresholds : tuple of array
        Of each measure, ascending.
    minimum_denominator : array (measures,)
    """

    instance: Instance
    need_names: tuple[str, ...]
    need_segment: IntArray
    need_kind: IntArray
    need_of: IntArray
    rate: FloatArray
    qaly: FloatArray
    saving: FloatArray
    leak_cost: FloatArray
    hospital_income: FloatArray
    leak_loss: FloatArray
    effectiveness: FloatArray
    supply: FloatArray
    effort: FloatArray
    minutes: FloatArray
    status_quo_fee: FloatArray
    demanded: FloatArray
    minimum: FloatArray
    fte: FloatArray
    altruism: FloatArray
    effort_scale: FloatArray
    fixed_cost: FloatArray
    cost_per_child: FloatArray
    count: FloatArray
    overtime_width: FloatArray
    overtime_price: FloatArray
    hours: FloatArray
    overtime_paid: npt.NDArray[np.bool_]
    panel_minutes: FloatArray
    weight: FloatArray
    contracted: npt.NDArray[np.bool_]
    other_multiple: FloatArray
    counts: FloatArray
    measured: npt.NDArray[np.bool_]
    thresholds: tuple[FloatArray, ...]
    minimum_denominator: FloatArray

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """Numbers of practice types, segments, services, need rows and measures."""
        return (len(self.count), len(self.weight), len(self.supply), len(self.rate), len(self.thresholds))


@dataclass(frozen=True)
class Terms:
    """A contract as arrays.

    Attributes
    ----------
    fees : array (services,)
        All that a service is paid: its fee, its RVUs, and the episode that it belongs to [USD/service].
    capitation : array (segments,)
        [USD/child-month]
    bonuses : tuple of array
        For each measure, of every tier of its menu, 0 where none [USD/eligible event].
    success : array (needs,)
        For an event met with full effect; 0 where the segment is not contracted [USD/event].
    expected : array (segments,)
        Owed for successes that the benchmark expects of a child on the panel [USD/child-year].
    sharing : float
        The practice's part of what care elsewhere costs less, or more, than its benchmark [1].
    benchmark : array (segments,)
        Care elsewhere for a child who asks; 0 where the segment is not contracted [USD/child and year].
    salary : float
        [USD/FTE clinician and year]
    withheld : array (measures,)
        Of today's fees, what is held back until the measure's tiers are attained [1].
    closed : array (measures,)
        Share of open gaps that others close, where the contract counts it; else 0 [1].
    pool_share : array (measures,)
        What everybody may expect of a pool for a gap closed [USD/gap].
    pools : array (measures,)
        What each pool holds; below zero where the contract does not say, and gaps are paid as expected
        [USD/year].
    gaps : array (services, segments)
        Expected from pools for a service to a child of a segment, as a gap closed [USD/service].
    sharing_rules : Sharing
        When savings are shared, and how far.
    """

    fees: FloatArray
    capitation: FloatArray
    bonuses: tuple[FloatArray, ...]
    success: FloatArray
    expected: FloatArray
    sharing: float
    benchmark: FloatArray
    salary: float
    withheld: FloatArray
    closed: FloatArray
    pool_share: FloatArray
    pools: FloatArray
    gaps: FloatArray
    sharing_rules: Sharing = PLAIN

    def needed(self, world: World, measure: int) -> FloatArray:
        """Own rate with which a practice attains each tier, array (tiers,) [1]: others close their share."""
        closed = self.closed[measure]
        return np.asarray(np.maximum(0.0, (world.thresholds[measure] - closed) / (1.0 - closed)))


def world_of(instance: Instance) -> World:
    """The instance as arrays."""
    segments = [s.name for s in instance.segments]
    services, practices, staff = instance.services, instance.practices, instance.staff
    rows = {(n.name, n.segment): row for row, n in enumerate(instance.needs)}
    need_names = tuple(dict.fromkeys(n.name for n in instance.needs))
    need_of = np.full((len(services), len(segments)), -1, dtype=np.int64)
    for index, service in enumerate(services):
        for segment in instance.segments_of_service(service):
            need_of[index, segments.index(segment)] = rows[service.need, segment]
    panels = {(p.practice, p.segment): p for p in instance.panels}

    def panel(field: str) -> FloatArray:
        return np.array(
            [[float(getattr(panels.get((p.name, k)), field, 0.0)) for k in segments] for p in practices]
        )

    def of_needs(field: str) -> FloatArray:
        return np.array([float(getattr(need, field)) for need in instance.needs])

    bands = max((len(p.overtime_hours_per_fte) for p in practices), default=0)
    width, price = np.zeros((2, len(practices), len(ROLES), bands))
    fte = np.array([[p.fte.get(role, 0.0) for role in ROLES] for p in practices])
    for i, practice in enumerate(practices):
        for r, role in enumerate(ROLES):
            for b, hours in enumerate(practice.overtime_hours_per_fte):
                width[i, r, b] = hours * fte[i, r]
                price[i, r, b] = practice.overtime_wage_multiples[b] * staff[role].wage
    contracted = np.array([s.contracted for s in instance.segments])
    measured = np.zeros((len(instance.measures), len(instance.needs)), dtype=bool)
    for m, measure in enumerate(instance.measures):
        for segment in instance.segments_of_measure(measure):
            measured[m, rows[measure.denominator_need, segment]] = contracted[segments.index(segment)]
    fees = instance.status_quo.fees
    return World(
        instance=instance,
        need_names=need_names,
        need_segment=np.array([segments.index(n.segment) for n in instance.needs], dtype=np.int64),
        need_kind=np.array([need_names.index(n.name) for n in instance.needs], dtype=np.int64),
        need_of=need_of,
        rate=of_needs("events_per_child_year"),
        qaly=of_needs("qaly_per_event"),
        saving=of_needs("downstream_saving"),
        leak_cost=of_needs("uncovered_cost"),
        hospital_income=instance.hospital_margin_share * of_needs("hospital_margin"),
        leak_loss=of_needs("uncovered_qaly_loss"),
        effectiveness=np.array([s.effectiveness for s in services]),
        supply=np.array([s.supply_cost for s in services]),
        effort=np.array([s.effort_cost for s in services]),
        minutes=np.array([[s.minutes.get(role, 0.0) for role in ROLES] for s in services]),
        status_quo_fee=np.array([fees.get(s.name, 0.0) for s in services]),
        demanded=panel("demanded"),
        minimum=panel("minimum"),
        fte=fte,
        altruism=np.array([p.altruism for p in practices]),
        effort_scale=np.array([p.effort_scale for p in practices]),
        fixed_cost=np.array([p.fixed_cost for p in practices]),
        cost_per_child=np.array([p.cost_per_child for p in practices]),
        count=np.array([p.count for p in practices]),
        overtime_width=width,
        overtime_price=price,
        hours=fte * np.array([staff[role].hours_per_fte for role in ROLES]),
        overtime_paid=np.array([staff[role].overtime_paid for role in ROLES]),
        panel_minutes=np.array([staff[role].panel_minutes_per_child for role in ROLES]),
        weight=np.array([s.equity_weight for s in instance.segments]),
        contracted=contracted,
        other_multiple=np.array([s.other_payer_fee_multiple for s in instance.segments]),
        counts=np.array(
            [[m.numerator.get(s.name, 0.0) for s in services] for m in instance.measures]
        ).reshape(len(instance.measures), len(services)),
        measured=measured,
        thresholds=tuple(np.array(m.thresholds) for m in instance.measures),
        minimum_denominator=np.array([m.minimum_denominator for m in instance.measures]),
    )


def terms_of(instance: Instance, contract: Contract) -> Terms:
    """The contract as arrays."""
    segments = [s.name for s in instance.segments]
    contracted = {s.name for s in instance.segments if s.contracted}
    by_rvu = contract.price("rvu_rate", "all_services")
    success, expected = np.zeros(len(instance.needs)), np.zeros(len(segments))
    for row, need in enumerate(instance.needs):
        if need.segment in contracted and need.qaly_per_event > 0.0:
            better = contract.price("improvement", need.name)
            success[row] = contract.price("outcome", need.name) + better
            if better:
                place = segments.index(need.segment)
                expected[place] += better * contract.benchmarks.care[need.name, need.segment]
    return Terms(
        fees=np.array(
            [
                contract.fees.get(s.name, 0.0) + by_rvu * s.rvu + contract.price("episode", s.need)
                for s in instance.services
            ]
        ),
        capitation=np.array([contract.capitation.get(name, 0.0) for name in segments]),
        bonuses=tuple(
            np.array([contract.bonuses.get((m.name, t + 1), 0.0) for t in range(len(m.thresholds))])
            for m in instance.measures
        ),
        success=success,
        expected=expected,
        sharing=contract.price("shared_savings", "care_elsewhere"),
        benchmark=np.array([contract.benchmarks.cost.get(name, 0.0) for name in segments]),
        salary=contract.price("salary", "clinicians"),
        withheld=np.array([contract.price("withhold", m.name) for m in instance.measures]),
        closed=np.array([m.closed_elsewhere for m in instance.measures])
        * float(contract.benchmarks.counts_elsewhere),
        pool_share=np.array([contract.price("pool_share", m.name) for m in instance.measures]),
        pools=np.array([contract.pools.get(m.name, UNKNOWN) for m in instance.measures]),
        gaps=_gaps(instance, contract),
        sharing_rules=contract.benchmarks.sharing,
    )


def _gaps(instance: Instance, contract: Contract) -> FloatArray:
    """What a service is expected to bring as a gap closed, by segment, array (services, segments)."""
    usd = np.zeros((len(instance.services), len(instance.segments)))
    having = {(need.name, need.segment) for need in instance.needs}
    for measure in instance.measures:
        price = contract.price("pool_share", measure.name)
        for column, segment in enumerate(instance.segments):
            of_measure = segment.contracted and (measure.denominator_need, segment.name) in having
            if of_measure and (not measure.segments or segment.name in measure.segments):
                weights = [measure.numerator.get(service.name, 0.0) for service in instance.services]
                usd[:, column] += price * np.array(weights)
    return usd
