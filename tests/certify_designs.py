"""A design made by hand, with its run folder: a contract, the best responses to it, and what it promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from incentive_opt.certify import best_response, response_rows, status_quo
from incentive_opt.certify.ceiling import health_ceiling
from incentive_opt.certify.incentive_checks import pessimistic_health
from incentive_opt.certify.status_quo import budget, income_limits
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.domain.response import Response
from incentive_opt.files import read_instance, read_model, write_run_folder
from incentive_opt.payment import account


def levers_of(instance: Instance, contract: Contract) -> list[dict[str, Any]]:
    """The prices of a contract, as design.json lists them."""
    old = instance.status_quo
    thresholds = {
        (m.name, t): rate for m in instance.measures for t, rate in enumerate(m.thresholds, start=1)
    }
    levers: list[dict[str, Any]] = [
        {"lever": "fee", "of": s, "value": v, "unit": "USD/service", "status_quo": old.fees.get(s, 0.0)}
        for s, v in contract.fees.items()
    ]
    levers += [
        {"lever": "capitation", "of": k, "value": v, "unit": "USD/child-month", "status_quo": 0.0}
        for k, v in contract.capitation.items()
    ]
    levers += [
        {
            "lever": "bonus",
            "of": m,
            "tier": t,
            "threshold": thresholds[m, t],
            "value": v,
            "unit": "USD/event",
            "status_quo": 0.0,
        }
        for (m, t), v in contract.bonuses.items()
    ]
    return levers


def targets_of(instance: Instance) -> list[dict[str, Any]]:
    """The rates that practices aim at, as design.json lists them."""
    thresholds = {
        (m.name, t): rate for m in instance.measures for t, rate in enumerate(m.thresholds, start=1)
    }
    return [
        {"practice": p, "measure": m, "tier": t, "threshold": thresholds[m, t], "target": target}
        for (p, m, t), target in instance.attainment.items()
    ]


def design_of(
    instance: Instance,
    model: PaymentModel,
    contract: Contract,
    responses: list[Response],
    margin: float = 0.0,
    above: float = 1.02,
) -> dict[str, Any]:
    """What design.json would say of a contract and its responses; the bound is ``above`` times the health."""
    before = status_quo(instance)
    counts = {p.name: p.count for p in instance.practices}
    figures = {r.practice: account(instance, contract, r) for r in responses}
    health = sum(counts[name] * a.health for name, a in figures.items())
    outlay = sum(counts[name] * a.outlay for name, a in figures.items())
    limit = budget(instance, before)
    upper = health * above
    income_slacks = []
    for name, a in figures.items():
        lowest, highest = income_limits(instance, before.accounts[name].net_income)
        income_slacks.append(min(a.net_income - lowest, highest - a.net_income))
    pessimistic = sum(p.count * pessimistic_health(instance, p, contract, margin) for p in instance.practices)
    return {
        "schema": 1,
        "instance": {"name": instance.name, "sha256": instance.sha256},
        "model": {"name": model.name, "sha256": model.sha256},
        "status": "feasible",
        "margin_usd": margin,
        "margin_overrides_instance": True,
        "attainment_targets": targets_of(instance),
        "objective": {
            "health_qaly": health,
            "upper_bound_qaly": upper,
            "gap": (upper - health) / upper,
            "status_quo_qaly": before.health,
            "pessimistic_qaly": pessimistic,
            "first_best_qaly": health_ceiling(instance, None, before),
        },
        "budget": {"limit_usd": limit, "outlay_usd": outlay},
        "contract": {"levers": levers_of(instance, contract)},
        "practices": [
            practice_entry(counts[r.practice], r, figures[r.practice], before.accounts[r.practice].net_income)
            for r in responses
        ],
        "certificate": {
            "budget_slack_usd": limit - outlay,
            "worst_income_slack_usd": min(income_slacks),
            "worst_incentive_slack_usd": -0.01,
            "rules": [],
        },
        "shadow_prices": [],
        "provenance": {"version": "0", "solver": "by hand", "seed": 0, "seconds": 0.0, "iterations": 0},
    }


def practice_entry(
    count: float, response: Response, figures: Any, status_quo_income: float
) -> dict[str, Any]:
    """One practice type in design.json."""
    services: dict[str, dict[str, float]] = {}
    for (service, segment), volume in response.services.items():
        services.setdefault(service, {})[segment] = volume
    return {
        "practice": response.practice,
        "count": count,
        "utility_usd": figures.utility,
        "revenue_usd": figures.revenue.total,
        "net_income_usd": figures.net_income,
        "status_quo_net_income_usd": status_quo_income,
        "health_qaly": figures.health,
        "incentive_margin_usd": 0.0,
        "tiers": [{"measure": m, "tier": t} for m, t in response.tiers.items()],
        "panel": dict(response.panel),
        "services": services,
    }


def better_contract(instance: Instance) -> Contract:
    """The status quo with one fee changed and one bonus, within every rule of the small town."""
    fees = dict(instance.status_quo.fees) | {"asthma_outreach": 20.0}
    return Contract(fees=fees, bonuses={("well_child", 2): 3.0}, thresholds={("well_child", 2): 0.8})


def write_design(
    folder: Path,
    instance_folder: Path,
    model_file: Path,
    contract: Contract | None = None,
    margin: float = 0.0,
) -> dict[str, Any]:
    """Write the run folder of a design whose promises all hold; returns its design.json."""
    instance = read_instance(instance_folder)
    model = read_model(model_file, instance)
    chosen = better_contract(instance) if contract is None else contract
    responses = [best_response(instance, p, chosen)[0] for p in instance.practices]
    design = design_of(instance, model, chosen, responses, margin)
    write_run_folder(folder, design, chosen, response_rows(responses), "by hand", instance, model)
    return design
