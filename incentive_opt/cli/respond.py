"""``incentive-opt respond``: what each practice would do under a contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from incentive_opt.cli import options
from incentive_opt.cli.contracts import HELP, STATUS_QUO
from incentive_opt.cli.response_view import VIEWS, summary

if TYPE_CHECKING:
    from incentive_opt.domain.contract import Contract
    from incentive_opt.domain.instance import Instance
    from incentive_opt.domain.response import Response
    from incentive_opt.payment import Account


@click.command()
@click.argument("instance")
@click.option(
    "--contract",
    "contract_name",
    default=STATUS_QUO,
    show_default=True,
    metavar="CONTRACT",
    help=HELP,
)
@click.option(
    "--practice",
    "practice_names",
    multiple=True,
    metavar="NAME",
    help="Only this practice type, in full; may be given several times.",
)
@click.option(
    "--full", is_flag=True, help="Every practice type in full: money, children, services, measures."
)
@options.as_json
def respond(
    instance: str, contract_name: str, practice_names: tuple[str, ...], full: bool, as_json: bool
) -> None:
    """Show how each practice of INSTANCE works best for itself under a contract.

    A line a practice type; with --full, or for the types named with --practice, also its money, children,
    services, needs and measures.
    """
    from incentive_opt.cli.contracts import contract_named, warn_of_unpaid
    from incentive_opt.expected_shares import with_expected_shares
    from incentive_opt.files import read_instance

    read = read_instance(instance)
    names = _chosen(read, practice_names)
    contract = with_expected_shares(read, contract_named(contract_name, read))
    warn_of_unpaid(contract, read, instance, contract_name)
    document = respond_document(read, contract, names)
    if as_json:
        import json

        click.echo(json.dumps(document, indent=2, allow_nan=False))
    else:
        from incentive_opt.solve.totals import labels

        _print(document, labels(read), full or bool(practice_names))


def _chosen(instance: Instance, names: tuple[str, ...]) -> list[str]:
    """The practice types asked for, all if none; an unknown one is an input error."""
    from incentive_opt.errors import InputError, Problem

    known = [practice.name for practice in instance.practices]
    unknown = [
        Problem("command line", "--practice", name, f"one of {', '.join(known)}")
        for name in names
        if name not in known
    ]
    if unknown:
        raise InputError(unknown)
    return [name for name in known if not names or name in names]


def respond_document(instance: Instance, contract: Contract, names: list[str]) -> dict[str, Any]:
    """Each practice's best response as one document; ``status_quo`` beside it for comparison."""
    from incentive_opt.formulation.status_quo import respond as best_responses
    from incentive_opt.payment import account
    from incentive_opt.pools import as_paid_out, pools_document, shared_pools
    from incentive_opt.solve.totals import compared

    today = best_responses(instance, instance.status_quo, names)
    then = today if contract == instance.status_quo else best_responses(instance, contract, names)
    # Of some practices alone it cannot be said what a pool comes to; they are shown what they expect.
    everybody = len(then) == len(instance.practices)
    responses = [each.response for each in then]
    paid = as_paid_out(instance, contract, responses) if everybody else contract
    shared = shared_pools(instance, contract, responses) if everybody else {}
    figures = [account(instance, paid, each.response) for each in then]
    figures_today = [account(instance, instance.status_quo, each.response) for each in today]
    practices = []
    for before, after, figure_today, figure in zip(today, then, figures_today, figures, strict=True):
        entry = {"practice": after.practice, "count": after.count}
        entry |= _year(instance, contract, after.response, figure)
        entry["status_quo"] = _year(instance, instance.status_quo, before.response, figure_today)
        practices.append(entry)
    return {
        "schema": 1,
        "instance": {"name": instance.name, "sha256": instance.sha256},
        "contract": {"title": contract.title, "is_status_quo": contract == instance.status_quo},
        "totals": compared(
            instance,
            responses,
            figures,
            [each.response for each in today],
            figures_today,
        ),
        "practices": practices,
    } | ({"pools": pools_document(shared)} if shared else {})


def _year(instance: Instance, contract: Contract, response: Response, account: Account) -> dict[str, Any]:
    """One practice's year: what it does, what it leaves undone, what it is paid."""
    services: dict[str, dict[str, float]] = {}
    for (service, segment), volume in response.services.items():
        services.setdefault(service, {})[segment] = volume
    paid = account.revenue
    return {
        "panel": {
            segment: {"kept": kept, "demanded": panel.demanded}
            for segment, kept in response.panel.items()
            if (panel := instance.panel(response.practice, segment))
        },
        "services": services,
        "needs": _needs(instance, response),
        "overtime": _overtime(instance, response),
        "measures": _measures(instance, contract, response),
        "revenue_usd": {
            "fees": sum(paid.fees.values()),
            "capitation": sum(paid.capitation.values()),
            "bonuses": sum(paid.bonuses.values()),
            "other_lines": sum(paid.lines.values()),
            "total": paid.total,
        },
        "other_revenue_usd": account.other_revenue,
        "money_costs_usd": account.money_costs,
        "burdens_usd": account.burdens,
        "net_income_usd": account.net_income,
        "utility_usd": account.utility,
        "health_qaly": account.health,
        "outside_cost_usd": account.outside_cost,
        "outlay_usd": account.outlay,
    }


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
        rows.append(
            {
                "need": need.name,
                "segment": need.segment,
                "contracted": need.segment in contracted,
                "events": events,
                "covered_share": 1.0 - missing / events if events else 1.0,
                "effective_events": response.effective.get((need.name, need.segment), 0.0),
                "uncovered_events": missing,
                "uncovered_to": need.uncovered_to,
                "uncovered_cost_usd": need.uncovered_cost * missing,
            }
        )
    return rows


def _overtime(instance: Instance, response: Response) -> list[dict[str, Any]]:
    """Overtime hours by role."""
    hours: dict[str, float] = {}
    for (role, _), value in response.overtime.items():
        hours[role] = hours.get(role, 0.0) + value
    return [
        {"role": role, "hours": value, "paid": instance.staff[role].overtime_paid}
        for role, value in hours.items()
    ]


def _measures(instance: Instance, contract: Contract, response: Response) -> list[dict[str, Any]]:
    """Rate of every measure that is large enough, and the tier that is paid."""
    from incentive_opt.payment import attained, denominator, large_enough, numerator

    rows = []
    for measure in instance.measures:
        events = denominator(instance, measure, response)
        if events <= 0 or not large_enough(instance, measure, response.practice):
            continue
        paid = [
            tier
            for tier in contract.tiers_with_money(measure.name, len(measure.thresholds))
            if attained(instance, measure, tier, response, contract.benchmarks.counts_elsewhere)
        ]
        rows.append(
            {
                "measure": measure.name,
                "rate": numerator(instance, measure, response) / events,
                "denominator": events,
                "tier_paid": max(paid, default=0),
            }
        )
    return rows


def _print(document: dict[str, Any], names: dict[str, dict[str, str]], full: bool) -> None:
    """Print the document as tables; beside each figure the status quo, unless it is the status quo."""
    from incentive_opt.cli.output import clean, print_table
    from incentive_opt.cli.sums_view import QALY, SUMS, TOTAL_COLUMNS, total_rows
    from incentive_opt.pools import pool_sentences

    same = document["contract"]["is_status_quo"]
    title = "the contract in force" if same else document["contract"]["title"] or "this contract"
    click.echo(f"What practices do under {clean(title)}, in one year.\n")
    sums = document["totals"]
    columns = [column for column in TOTAL_COLUMNS if not (same and column == "then")]
    rows = total_rows(sums, names, money=True, compare=not same)
    print_table(SUMS.format(sums["practices"]), columns, rows)
    click.echo(f"{QALY}\n")
    for line in pool_sentences(document.get("pools", []), names["measures"]):
        click.echo(clean(f"{line}\n"))
    if full:
        _print_each(document["practices"], names, same)
        return
    print_table(*summary(document["practices"], names, same))
    one = document["practices"][0]["practice"]
    click.echo(
        f"Services, needs and measures of each practice type: --full, or one with --practice {clean(one)}."
    )


def _print_each(practices: list[dict[str, Any]], names: dict[str, dict[str, str]], same: bool) -> None:
    """Each practice type in full."""
    from incentive_opt.cli.output import clean, print_table

    for entry in practices:
        name = names["practices"].get(entry["practice"], entry["practice"])
        click.echo(clean(f"{name}: one of {entry['count']:,g} practices of this type\n"))
        years = [entry] if same else [entry["status_quo"], entry]
        for view in VIEWS:
            heading, headings, rows = view(years, names)
            if rows:
                print_table(heading, headings, rows)
