"""``incentive-opt demo``: from an instance to a checked contract, in one command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

INSTANCE = "medicaid_statewide"
MODEL = "blended"


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs/demo"),
    show_default=True,
    help="Folder for the files of the design.",
)
@click.option("--gap", default=0.01, show_default=True, help="Stop at this gap [1].")
@click.option("--time-limit", default=120.0, show_default=True, help="Stop after so many seconds.")
@click.pass_context
def demo(context: click.Context, out: Path, gap: float, time_limit: float) -> None:
    """Design the contract for the main instance, check it, and show what it does."""
    limits = ["--gap", str(gap), "--time-limit", str(time_limit)]
    run_command(context, "solve", [INSTANCE, "--model", MODEL, "--out", str(out), *limits])
    run_command(context, "verify", [str(out)])
    show(json.loads((out / "design.json").read_text(encoding="utf-8")), out)


def run_command(context: click.Context, name: str, words: list[str]) -> None:
    """Run another command as if its words had been typed; its exit code, if not 0, ends the demo."""
    group = context.find_root().command
    command = group.get_command(context, name) if isinstance(group, click.Group) else None
    if command is None:
        raise click.UsageError(f"The demo needs the command {name!r}, which is not there.")
    click.echo(f"\n$ incentive-opt {name} {' '.join(words)}\n", err=True)
    with command.make_context(name, words, parent=context) as inner:
        try:
            command.invoke(inner)
        except click.exceptions.Exit as ended:
            if ended.exit_code != 0:
                raise


def show(design: dict[str, Any], folder: Path) -> None:
    """Print the design as tables: health and money, each practice type, the prices that moved, the files."""
    from incentive_opt.cli.output import print_table

    click.echo()
    print_table("The design", ["quantity", "value", "unit"], health_and_money(design))
    columns = ["practice type", "how many", "net income now [USD/year]", "then [USD/year]", "change [%]"]
    print_table("Practices (one of each type)", columns, practices(design))
    print_table("Prices that moved", ["price", "of", "tier", "now", "then", "unit"], moved_levers(design))
    click.echo(f"Files in {folder}:")
    for path in sorted(folder.iterdir()):
        click.echo(f"  {path.name}")


def health_and_money(design: dict[str, Any]) -> list[list[object]]:
    """Rows: what the contract brings the children and costs the payer, against the contract in force."""
    objective, budget = design["objective"], design["budget"]
    return [
        ["Health under the contract in force", rounded(objective["status_quo_qaly"], 1), "QALY/year"],
        ["Health under the design", rounded(objective["health_qaly"], 1), "QALY/year"],
        ["No contract of this kind passes", rounded(objective["upper_bound_qaly"], 1), "QALY/year"],
        ["Gap between the two", rounded(objective["gap"], 2, 100.0), "%"],
        ["Outlay", rounded(budget["outlay_usd"], 2, 1e-6), "million USD/year"],
        ["Budget", rounded(budget["limit_usd"], 2, 1e-6), "million USD/year"],
    ]


def practices(design: dict[str, Any]) -> list[list[object]]:
    """Rows: net income of each practice type, before and after."""
    rows: list[list[object]] = []
    for practice in design["practices"]:
        now, then = practice["status_quo_net_income_usd"], practice["net_income_usd"]
        change = rounded((then - now) / abs(now), 1, 100.0) if now else None
        rows.append([practice["practice"], practice["count"], round(now), round(then), change])
    return rows


def moved_levers(design: dict[str, Any]) -> list[list[object]]:
    """Rows: prices that differ from the contract in force by half a cent or more."""
    return [
        [
            lever["lever"],
            lever["of"],
            lever.get("tier") or None,
            rounded(lever["status_quo"], 2),
            rounded(lever["value"], 2),
            lever["unit"],
        ]
        for lever in design["contract"]["levers"]
        if abs(lever["value"] - lever["status_quo"]) >= 0.005
    ]


def rounded(value: float | None, digits: int, scale: float = 1.0) -> float | None:
    """A number for people; None stays None."""
    return None if value is None else round(value * scale, digits)
