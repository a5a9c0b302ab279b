"""``incentive-opt respond``: what each practice would do under a contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from incentive_opt.domain.contract import Contract
    from incentive_opt.domain.instance import Instance
    from incentive_opt.domain.response import Response
    from incentive_opt.payment import Account

STATUS_QUO = "status_quo"


@click.command()
@click.argument("instance")
@click.option("--contract", "contract_name", default=STATUS_QUO, show_default=True, metavar="FILE",
              help="A contract.toml, or status_quo for the contract in force.")
@click.option("--practice", "practice_names", multiple=True, metavar="NAME",
              help="Only this practice type; may be given several times.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def respond(instance: str, contract_name: str, practice_names: tuple[str, ...], as_json: bool) -> None:
    """Show how each practice of INSTANCE works best for itself under a contract."""
    from incentive_opt.files import read_contract, read_instance

    read = read_instance(instance)
    names = _chosen(read, practice_names)
    contract = read.status_quo if contract_name == STATUS_QUO else read_contract(contract_name, read)
    document = respond_document(read, contract, names)
    if as_json:
        import json

        click.echo(json.dumps(document, indent=2, allow_nan=False))
    else:
        _print(document)


def _chosen(instance: Instance, names: tuple[str, ...]) -> list[str]:
    """The practice types asked for, all if none; an unknown one is an input error."""
    from incentive_opt.errors import InputError, Problem

    known = [practice.name for practice in instance.practices]
    unknown = [Problem("command line", "--practice", name, f"one of {', '.join(known)}")
               for name in names if name not in known]
    if unknown:
        raise InputError(unknown)
    return [name for name in known if not names or name in names]


def respond_document(instance: Instance, contract: Contract, names: list[str]) -> dict[str, Any]:
    """Each practice's best response as one document; ``status_quo`` beside it for comparison."""
    from incentive_opt.formulation.status_quo import respond as best_responses
    from incentive_opt.payment import account

    today = best_responses(instance, instance.status_quo, names)
    then = today if contract == instance.status_quo else best_responses(instance, contract, names)
    practices = []
    for before, after in zip(today, then, strict=True):
        entry = {"practice": after.practice, "count": after.count}
        entry |= _year(instance, contract, after.response, account(instance, contract, after.response))
        entry["status_quo"] = _year(instance, instance.status_quo, before.response,
                                    account(instance, instance.status_quo, before.response))
        practices.append(entry)
    return {"schema": 1, "instance": {"name": instance.name, "sha256": instance.sha256},
            "contract": {"title": contract.title, "is_status_quo": contract == instance.status_quo},
            "practices": practices}


def _year(instance: Instance, contract: Contract, response: Response, account: Account) -> dict[str, Any]:
    """One practice's year: what it does, what it leaves undone, what it is paid."""
    services: dict[str, dict[str, float]] = {}
    for (service, segment), volume in response.services.items():
        services.setdefault(service, {})[segment] = volume
    paid = account.revenue
    return {
        "panel": {segment: {"kept": kept, "demanded": panel.demanded} for segment, kept
                  in response.panel.items() if (panel := instance.panel(response.practice, segment))},
        "services": services,
        "needs": _needs(instance, response),
        "overtime": _overtime(instance, response),
        "measures": _measures(instance, contract, response),
        "revenue_usd": {"fees": sum(paid.fees.values()), "capitation": sum(paid.capitation.values()),
                        "bonuses": sum(paid.bonuses.values()), "total": paid.total},
        "other_revenue_usd": account.other_revenue, "money_costs_usd": account.money_costs,
        "burdens_usd": account.burdens, "net_income_usd": account.net_income,
        "utility_usd": account.utility, "health_qaly": account.health,
        "outside_cost_usd": account.outside_cost, "outlay_usd": account.outlay}


def _needs(instance: Instance, response: Response) -> list[dict[str, Any]]:
    """How much of each need is covered, and where the rest goes."""
    from incentive_opt.payment import uncovered

    left = uncovered(instance, response)
    contracted = {segment.name for segment in instance.segments if segment.contracted}
    rows = []
    for need in instance.needs:
        panel = instance.panel(response.practice, need.segment)
        if panel is None or (need.name, need.segment) not in left:
            continue
        events = need.events_per_child_year * panel.demanded
        missing = max(0.0, left[need.name, need.segment])
        rows.append({"need": need.name, "segment": need.segment, "contracted": need.segment in contracted,
                     "events": events, "covered_share": 1.0 - missing / events if events else 1.0,
                     "effective_events": response.effective.get((need.name, need.segment), 0.0),
                     "uncovered_events": missing, "uncovered_to": need.uncovered_to,
                     "uncovered_cost_usd": need.uncovered_cost * missing})
    return rows


def _overtime(instance: Instance, response: Response) -> list[dict[str, Any]]:
    """Overtime hours by role."""
    hours: dict[str, float] = {}
    for (role, _), value in response.overtime.items():
        hours[role] = hours.get(role, 0.0) + value
    return [{"role": role, "hours": value, "paid": instance.staff[role].overtime_paid}
            for role, value in hours.items()]


def _measures(instance: Instance, contract: Contract, response: Response) -> list[dict[str, Any]]:
    """Rate of every measure that is large enough, and the tier that is paid."""
    from incentive_opt.payment import attained, denominator, large_enough, numerator

    rows = []
    for measure in instance.measures:
        events = denominator(instance, measure, response)
        if events <= 0 or not large_enough(instance, measure, response.practice):
            continue
        paid = [tier for (name, tier), usd in contract.bonuses.items() if name == measure.name and usd > 0
                and attained(instance, measure, tier, response)]
        rows.append({"measure": measure.name, "rate": numerator(instance, measure, response) / events,
                     "denominator": events, "tier_paid": max(paid, default=0)})
    return rows


def _print(document: dict[str, Any]) -> None:
    """Print the document as tables; beside each figure the status quo, unless it is the status quo."""
    from rich.console import Console

    console = Console()
    same = document["contract"]["is_status_quo"]
    title = "the contract in force" if same else document["contract"]["title"] or "this contract"
    console.print(f"Best responses to {title}; one practice of each type, one year.", highlight=False)
    for entry in document["practices"]:
        console.print(f"\n[bold]{entry['practice']}[/bold] ({entry['count']:g} practices of this type)",
                      highlight=False)
        before = None if same else entry["status_quo"]
        for table in (_money_table, _panel_table, _service_table, _need_table, _measure_table):
            console.print(table(entry, before))


def _grid(first: str, columns: tuple[str, ...], compared: bool) -> Any:
    """A table: a name, figures, and the same figures under the status quo."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 2), show_edge=False)
    table.add_column(first)
    for column in columns:
        table.add_column(column, justify="right")
    for column in columns if compared else ():
        table.add_column(f"{column}, status quo", justify="right", style="dim")
    return table


def _money_table(now: dict[str, Any], before: dict[str, Any] | None) -> Any:
    table = _grid("Money and health", ("Per year",), before is not None)
    lines = [("Fees [USD]", ("revenue_usd", "fees")), ("Capitation [USD]", ("revenue_usd", "capitation")),
             ("Bonuses [USD]", ("revenue_usd", "bonuses")), ("Other payers [USD]", ("other_revenue_usd",)),
             ("Costs [USD]", ("money_costs_usd",)), ("Net income [USD]", ("net_income_usd",)),
             ("Care elsewhere, paid by the payer [USD]", ("outside_cost_usd",)),
             ("Outlay of the payer [USD]", ("outlay_usd",)), ("Health [QALY]", ("health_qaly",))]
    for label, path in lines:
        figures = [_at(year, path) for year in (now, before) if year is not None]
        decimals = 2 if path[0] == "health_qaly" else 0
        table.add_row(label, *(f"{figure:,.{decimals}f}" for figure in figures))
    for role, *hours in zip(now["overtime"], *([before["overtime"]] if before else []), strict=True):
        kind = "paid" if role["paid"] else "unpaid"
        table.add_row(f"Overtime, {role['role']}, {kind} [hours]",
                      *(f"{each['hours']:,.0f}" for each in (role, *hours)))
    return table


def _at(year: dict[str, Any], path: tuple[str, ...]) -> float:
    value: Any = year
    for key in path:
        value = value[key]
    return float(value)


def _panel_table(now: dict[str, Any], before: dict[str, Any] | None) -> Any:
    table = _grid("Children", ("Kept", "Asked"), before is not None)
    for segment in now["panel"]:
        years = [year["panel"][segment] for year in (now, before) if year is not None]
        table.add_row(segment, *(f"{year[key]:,.0f}" for year in years for key in ("kept", "demanded")))
    return table


def _service_table(now: dict[str, Any], before: dict[str, Any] | None) -> Any:
    table = _grid("Delivery mode", ("Services",), before is not None)
    for service in now["services"]:
        totals = [sum(year["services"][service].values()) for year in (now, before) if year is not None]
        if max(totals) >= 0.5:
            table.add_row(service, *(f"{total:,.0f}" for total in totals))
    return table


def _need_table(now: dict[str, Any], before: dict[str, Any] | None) -> Any:
    """Needs over all segments; the share counts children who asked, also those turned away."""
    columns = ("Events", "Covered", "Full effect", "Cost elsewhere [USD]", "The rest goes to")
    table = _grid("Need", columns, before is not None)
    for need in dict.fromkeys(row["need"] for row in now["needs"]):
        cells: list[str] = []
        for year in (now, before):
            if year is not None:
                rows = [row for row in year["needs"] if row["need"] == need]
                events, left, effective = (sum(row[key] for row in rows) for key in
                                           ("events", "uncovered_events", "effective_events"))
                cost = sum(row["uncovered_cost_usd"] for row in rows if row["contracted"])
                places = ", ".join(dict.fromkeys(row["uncovered_to"] for row in rows
                                                 if row["uncovered_events"] >= 0.5))
                shares = (1.0 - left / events, effective / events) if events else (1.0, 1.0)
                cells += [f"{events:,.0f}", *(f"{share:.0%}" for share in shares)]
                cells += [f"{cost:,.0f}", places or "-"]
        table.add_row(need, *cells)
    return table


def _measure_table(now: dict[str, Any], before: dict[str, Any] | None) -> Any:
    table = _grid("Measure", ("Rate", "Tier paid"), before is not None)
    years = [{row["measure"]: row for row in year["measures"]} for year in (now, before) if year is not None]
    for measure in dict.fromkeys(name for year in years for name in year):
        rows = [year.get(measure) for year in years]
        cells = [text for row in rows
                 for text in (_rate_and_tier(row) if row else ("-", "-"))]
        table.add_row(measure, *cells)
    return table


def _rate_and_tier(row: dict[str, Any]) -> tuple[str, str]:
    return f"{row['rate']:.1%}", str(row["tier_paid"] or "none")
