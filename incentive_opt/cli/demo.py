"""``incentive-opt demo``: from an instance to a contract, checked, simulated and shown, in one command."""

from __future__ import annotations

import json
from pathlib import Path

import click

from incentive_opt.cli import options
from incentive_opt.cli.design_view import health_and_money, moved_levers, practices, show

__all__ = ["demo", "health_and_money", "moved_levers", "practices", "show"]

INSTANCE = "medicaid_statewide"
MODEL = "blended"
MARGIN = "1%"
"""Asked for so that practices a little unlike their type still answer as intended (docs/algorithm.md)."""
VALIDATION_FAILED = 5


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs/demo"),
    show_default=True,
    help="Folder for the files of the design.",
)
@options.gap()
@options.time_limit(240.0)
@click.pass_context
def demo(context: click.Context, out: Path, gap: float, time_limit: float) -> None:
    """Design the contract for the main instance, check it, simulate it, and show what it does.

    The simulation says what the promises are worth; where some fail in it, the demo says so and goes on.
    """
    limits = ["--altruism-margin", MARGIN, "--gap", str(gap), "--time-limit", str(time_limit)]
    run_command(context, "solve", [INSTANCE, "--model", MODEL, "--out", str(out), "--quiet", *limits])
    run_command(context, "verify", [str(out)])
    run_command(context, "validate", [str(out)], (VALIDATION_FAILED,))
    run_command(context, "report", [str(out)])
    show(json.loads((out / "design.json").read_text(encoding="utf-8")), out)


def run_command(context: click.Context, name: str, words: list[str], tolerated: tuple[int, ...] = ()) -> None:
    """Run another command as if its words had been typed; its exit code ends the demo, unless tolerated."""
    group = context.find_root().command
    command = group.get_command(context, name) if isinstance(group, click.Group) else None
    if command is None:
        raise click.UsageError(f"The demo needs the command {name!r}, which is not there.")
    click.echo(f"\n$ incentive-opt {name} {' '.join(words)}\n", err=True)
    with command.make_context(name, words, parent=context) as inner:
        try:
            command.invoke(inner)
        except click.exceptions.Exit as ended:
            if ended.exit_code != 0 and ended.exit_code not in tolerated:
                raise
