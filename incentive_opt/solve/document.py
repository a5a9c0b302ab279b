"""design.json: everything that is promised of a design, in dollars and QALYs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from incentive_opt.certify import Check
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.kinds import types_of
from incentive_opt.domain.payment_model import Lever
from incentive_opt.domain.response import Response
from incentive_opt.formulation.first_best import FirstBest
from incentive_opt.formulation.payer import Payer, income_corridor
from incentive_opt.parallel import side_by_side
from incentive_opt.payment import attained
from incentive_opt.pools import pools_document, shared_pools
from incentive_opt.solve.attainment import listed
from incentive_opt.solve.provenance import Facts, provenance
from incentive_opt.solve.real_year import real_year
from incentive_opt.solve.settle import Settled, utility_tolerance
from incentive_opt.solve.totals import compared, labels

MARGIN_SEARCHED = 10.0
"""The largest margin of each practice is sought up to so many times the margin asked for."""
BASIS = "first best: what one more dollar or hour would bring if practices did what the payer chose"

UNFORESEEN = (
    "What a real year changes is not estimated: the solver finds no answer of some practice to this contract."
)
STOPPED = "The search ended because you stopped it."

NOTHING = 1e-12
"""Shadow prices below this are left out, except that of the budget [QALY/USD, QALY/hour]."""


def document(
    payer: Payer,
    given: Instance,
    kinds: int,
    settled: Settled,
    in_force: Settled,
    best: FirstBest,
    facts: Facts,
    seconds: Callable[[], float],
) -> dict[str, Any]:
    """The content of design.json.

    Parameters
    ----------
    given : Instance
        As it was given, not in kinds.
    kinds : int
        Of practice within each type.
    settled, in_force : Settled
        The design, and the contract in force.
    best : FirstBest
    facts : Facts
    seconds : callable
        Seconds since the start; asked last.
    """
    instance, model = payer.instance, payer.model
    upper = max(settled.health, min(facts.bound, best.health))
    gap = (upper - settled.health) / abs(upper) if upper else 0.0
    with facts.stopwatch.wall():
        practices = side_by_side(
            lambda number: _practice(payer, settled, in_force, number), range(len(payer.practices))
        )
    pessimistic = sum(part["count"] * part["pessimistic_health_qaly"] for part in practices)
    shared = shared_pools(instance, settled.contract, settled.responses)
    notes = list(facts.notes)
    if facts.stopped and gap > facts.gap_asked:
        notes.insert(0, STOPPED)
    made: dict[str, Any] = {
        "schema": 1,
        "instance": {"name": instance.name, "title": instance.title, "sha256": instance.sha256},
        "model": {"name": model.name, "title": model.title, "sha256": model.sha256},
        "status": "optimal" if gap <= facts.gap_asked else "feasible",
        "is_status_quo": settled.is_status_quo,
        "notes": notes,
        "stopped": facts.stopped,
        "margin_usd": settled.margin,
        "margin_overrides_instance": facts.margin_given,
        "altruism_margin": instance.altruism_margin,
        "attainment_targets": listed(given),
        "kinds": kinds,
        "pieces": instance.pieces,
        "objective": {
            "health_qaly": settled.health,
            "upper_bound_qaly": upper,
            "gap": gap,
            "gap_asked": facts.gap_asked,
            "status_quo_qaly": in_force.health,
            "pessimistic_qaly": pessimistic,
            "first_best_qaly": max(upper, best.health),
        },
        "budget": {
            "limit_usd": payer.budget,
            "outlay_usd": settled.outlay,
            "status_quo_outlay_usd": in_force.outlay,
            "overrides_instance": facts.budget_given,
        },
        "contract": {"levers": [_lever(instance, lever, settled.contract) for lever in payer.levers]}
        | ({"pools": pools_document(shared)} if shared else {}),
        "practices": practices,
        "totals": compared(
            instance, settled.responses, settled.accounts, in_force.responses, in_force.accounts
        ),
        "labels": labels(instance, given),
        "certificate": {
            "budget_slack_usd": payer.budget - settled.outlay,
            "worst_income_slack_usd": settled.income_slack,
            "worst_incentive_slack_usd": min(settled.slacks, default=0.0),
            "rules": _rules(payer, settled),
        },
        "shadow_prices": _shadow_prices(best),
    }
    foreseen = real_year(given, kinds, settled, in_force.responses, in_force.health)
    if foreseen is None:
        notes.append(UNFORESEEN)
    else:
        made["foreseen"] = foreseen
    made["provenance"] = provenance(facts, seconds())
    return made


def _lever(instance: Instance, lever: Lever, contract: Contract) -> dict[str, Any]:
    """One price, with where it may move and what it is today."""
    entry: dict[str, Any] = {"lever": lever.kind, "of": lever.of}
    if lever.kind == "bonus":
        measure = next(m for m in instance.measures if m.name == lever.of)
        entry |= {
            "tier": lever.tier,
            "threshold": measure.thresholds[lever.tier - 1],
        }
    return entry | {
        "value": contract.price(lever.kind, lever.of, lever.tier),
        "unit": lever.unit,
        "status_quo": lever.status_quo,
        "lower": lever.lower,
        "upper": lever.upper,
    }


def _practice(payer: Payer, settled: Settled, in_force: Settled, number: int) -> dict[str, Any]:
    """One practice type: what it does and earns, now and then."""
    instance, response, figures = payer.instance, settled.responses[number], settled.accounts[number]
    today = in_force.accounts[number]
    practice = payer.practices[number].scope.practice
    count = practice.count
    floor, ceiling = income_corridor(payer, next(m for m in types_of(instance) if number in m.places))
    services: dict[str, dict[str, float]] = {}
    for (service, segment), volume in response.services.items():
        services.setdefault(service, {})[segment] = volume
    return {
        "practice": response.practice,
        **({"of_type": practice.of_type} if practice.of_type else {}),
        "count": int(count) if count == int(count) else count,
        "utility_usd": figures.utility,
        "revenue_usd": figures.revenue.total,
        "net_income_usd": figures.net_income,
        "status_quo_net_income_usd": today.net_income,
        "health_qaly": figures.health,
        "incentive_margin_usd": _largest_margin(payer, settled, number),
        "tiers": [
            {"measure": measure, "tier": tier}
            for measure, tier in tiers(instance, settled.contract, response).items()
        ],
        "panel": dict(response.panel),
        "services": services,
        "income_floor_usd": floor,
        "income_ceiling_usd": ceiling,
        "outlay_usd": figures.outlay,
        "outside_cost_usd": figures.outside_cost,
        "pessimistic_health_qaly": settled.assurances[number].pessimistic_health(settled.margin),
        "status_quo": {
            "utility_usd": today.utility,
            "revenue_usd": today.revenue.total,
            "health_qaly": today.health,
            "outlay_usd": today.outlay,
            "tiers": [
                {"measure": measure, "tier": tier}
                for measure, tier in tiers(instance, instance.status_quo, in_force.responses[number]).items()
            ],
        },
    }


def tiers(instance: Instance, contract: Contract, response: Response) -> dict[str, int]:
    """Highest tier attained of every measure, among tiers that carry money; 0 is none."""
    result, elsewhere = {}, contract.benchmarks.counts_elsewhere
    for measure in instance.measures:
        paid = contract.tiers_with_money(measure.name, len(measure.thresholds))
        result[measure.name] = max(
            (tier for tier in paid if attained(instance, measure, tier, response, elsewhere)),
            default=0,
        )
    return result


def _largest_margin(payer: Payer, settled: Settled, number: int) -> float:
    """The largest margin that holds for one practice type, never below the one that was checked."""
    if settled.is_status_quo:
        return 0.0
    asked = settled.margins[number]
    if payer.practices[number].scope.practice.of_type:
        return asked  # of many kinds the search would take longer than all else
    most = MARGIN_SEARCHED * max(asked, payer.instance.margin, 1.0)
    tolerance = utility_tolerance(settled.accounts[number].revenue.total)
    return max(asked, settled.assurances[number].largest_margin(most, tolerance))


def _rules(payer: Payer, settled: Settled) -> list[dict[str, Any]]:
    """Every rule, whether it holds, and how near it is; a check without figures is of no price."""
    bounds = [check for check in settled.rules if not check.name.startswith("rule:")]
    rules = [
        {
            "rule": "budget",
            "holds": True,
            "detail": f"outlay {settled.outlay:,.2f} of at most {payer.budget:,.2f} USD/year",
        }
    ]
    for members in types_of(payer.instance):
        floor, ceiling = income_corridor(payer, members)
        income = members.mean([figures.net_income for figures in settled.accounts])
        rules.append(
            {
                "rule": f"income of {members.name}",
                "holds": True,
                "detail": f"{income:,.2f} USD/year, between {floor:,.2f} and {ceiling:,.2f}",
            }
        )
    rules.append(
        {
            "rule": "prices within their bounds",
            "holds": all(check.ok for check in bounds),
            "detail": f"{sum(check.promised is not None for check in bounds)} prices",
        }
    )
    return rules + [
        {"rule": check.name.removeprefix("rule: "), "holds": check.ok, "detail": _detail(check)}
        for check in settled.rules
        if check.name.startswith("rule:")
    ]


def _detail(check: Check) -> str:
    limit = "must be at least" if check.relation == ">=" else "of at most"
    return f"{check.recomputed:,.6g} {limit} {check.promised:,.6g} {check.unit}"


def _shadow_prices(best: FirstBest) -> list[dict[str, Any]]:
    """What one more would bring: a dollar of budget, of income given up or allowed, an hour of staff."""
    prices = [("budget", best.budget_price, "QALY/USD")]
    prices += [
        (f"income of {name}", price, "QALY/USD")
        for name, price in best.income_prices.items()
        if abs(price) > NOTHING
    ]
    prices += [
        (f"staff time of {role}, {name}", price, "QALY/hour")
        for (name, role), price in best.hour_prices.items()
        if abs(price) > NOTHING
    ]
    return [
        {"constraint": name, "value": price, "unit": unit, "basis": BASIS} for name, price, unit in prices
    ]
