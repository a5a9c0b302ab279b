"""What a plan is worth to a practice, added up from what it does; no program, no solver."""

from __future__ import annotations

import numpy as np

from incentive_opt.domain.instance import ROLES
from incentive_opt.simulate.assumptions import Assumptions
from incentive_opt.simulate.characters import Character
from incentive_opt.simulate.curves import curve_of
from incentive_opt.simulate.held_back import expected_withheld
from incentive_opt.simulate.plan import Plan
from incentive_opt.simulate.sharing import benchmark_of, counted, expected_gate
from incentive_opt.simulate.targets import deciding_events, denominators, paid_tiers, reward_of
from incentive_opt.simulate.world import MONTHS, FloatArray, Terms, World

CLINICIAN = ROLES.index("clinician")


def expected_utility(
    world: World, kind: int, character: Character, terms: Terms, plan: Plan, assumptions: Assumptions
) -> float:
    """Expected net income less burdens plus altruism times own health, of any plan [USD/year].

    A character that misjudges services sees its errors in it, as it would when it decides.

    Parameters
    ----------
    kind : int
        Number of the practice type.
    terms : Terms
        The contract; it need not be the one that the plan answers.
    plan : Plan
        Its overtime is taken as given, the cheapest band first.
    """
    panel = plan.kept * world.demanded[kind]
    volume = plan.served * np.where(world.need_of >= 0, world.rate[world.need_of], 0.0) * panel
    effective = _effective(world, plan, panel, assumptions.smooth)
    gate = expected_gate(world, kind, terms, panel, volume, assumptions)
    return (
        _revenue(world, terms, panel, volume)
        + _on_results(world, kind, terms, panel, volume, effective, gate)
        + expected_bonus(world, kind, terms, panel, volume, assumptions)
        + expected_withheld(world, kind, terms, panel, volume, assumptions)
        - _costs(world, kind, character, plan, panel, volume)
        + character.altruism * _own_health(world, kind, volume, effective)
        + float(volume.sum(axis=1) @ character.error)
    )


def _revenue(world: World, terms: Terms, panel: FloatArray, volume: FloatArray) -> float:
    """Fees, capitation and shares of pools of this payer, and fees of others."""
    fees = volume[:, world.contracted].sum(axis=1) @ terms.fees
    capitation = MONTHS * (panel * terms.capitation)[world.contracted].sum()
    others = (world.status_quo_fee @ volume * world.other_multiple)[~world.contracted].sum()
    return float(fees + capitation + others + (volume * terms.gaps).sum())


def _on_results(
    world: World,
    kind: int,
    terms: Terms,
    panel: FloatArray,
    volume: FloatArray,
    effective: FloatArray,
    gate: float,
) -> float:
    """Payments for successes and savings, by the chance to pass the gate, and salaries."""
    seen = world.contracted[world.need_segment]
    events = world.rate * world.demanded[kind][world.need_segment]
    elsewhere = world.leak_cost * (events - _met(world, volume)) + world.saving * (events - effective)
    whole = np.array(benchmark_of(world, kind, terms))
    return float(
        terms.success @ effective
        - terms.expected @ panel
        + terms.sharing * float(counted(whole - elsewhere[seen].sum(), whole, terms, np.array(gate)))
        + terms.salary * world.fte[kind, CLINICIAN]
    )


def _effective(world: World, plan: Plan, panel: FloatArray, smooth: bool) -> FloatArray:
    """Events of each need row met with full effect [events/year]."""
    made = np.zeros(len(world.rate))
    for row, need in enumerate(world.instance.needs):
        segment = world.need_segment[row]
        services = np.flatnonzero(world.need_of[:, segment] == row)
        share = float(plan.served[services, segment] @ world.effectiveness[services])
        effect = float(curve_of(need, smooth)(np.array(share)))
        made[row] = world.rate[row] * panel[segment] * effect
    return made


def _costs(
    world: World, kind: int, character: Character, plan: Plan, panel: FloatArray, volume: FloatArray
) -> float:
    """Money costs, effort and overtime, paid or not."""
    each = world.supply + character.effort_scale * world.effort
    overhead = world.fixed_cost[kind] + world.cost_per_child[kind] * panel.sum()
    overtime, left = 0.0, plan.overtime.copy()
    for band in range(world.overtime_width.shape[2]):
        hours = np.minimum(left, world.overtime_width[kind, :, band])
        overtime += float(hours @ world.overtime_price[kind, :, band])
        left = left - hours
    return float(overhead + volume.sum(axis=1) @ each) + overtime


def _own_health(world: World, kind: int, volume: FloatArray, effective: FloatArray) -> float:
    """QALYs of effective care, less those lost in events that nobody here meets [QALY/year]."""
    events = world.rate * world.demanded[kind][world.need_segment]
    return float(world.qaly @ effective - world.leak_loss @ (events - _met(world, volume)))


def _met(world: World, volume: FloatArray) -> FloatArray:
    """Events of each need row met by any service [events/year]."""
    rows = enumerate(world.need_segment)
    return np.array([volume[world.need_of[:, segment] == row, segment].sum() for row, segment in rows])


def expected_bonus(
    world: World, kind: int, terms: Terms, panel: FloatArray, volume: FloatArray, assumptions: Assumptions
) -> float:
    """Bonuses that a practice may expect of a panel and its care [USD/year]."""
    total = 0.0
    now, largest = denominators(world, panel), denominators(world, world.demanded[kind])
    for measure, denominator in enumerate(now):
        tiers = paid_tiers(world, terms, measure)
        if not tiers or denominator <= 0.0 or largest[measure] < world.minimum_denominator[measure]:
            continue
        measured = np.zeros(len(panel))
        measured[world.need_segment[world.measured[measure]]] = 1.0
        rate = float(world.counts[measure] @ (volume @ measured)) / denominator
        events = deciding_events(world, float(denominator), measure) if assumptions.chance else None
        total += denominator * reward_of(tiers, events)(rate)
    return total
