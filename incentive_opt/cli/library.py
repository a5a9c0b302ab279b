"""``list``, ``show``, ``check`` and ``schema``: what ships and what stands in the files."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

import click

from incentive_opt.cli import options
from incentive_opt.cli.numbers import Word
from incentive_opt.cli.output import clean, print_json, print_table

if TYPE_CHECKING:
    from incentive_opt.cli.views import Page
    from incentive_opt.domain.instance import Instance


@click.command("list")
@click.argument("kind", type=Word(["instances", "models"]), required=False)
@options.as_json
def list_(kind: str | None, as_json: bool) -> None:
    """List the instances and payment models that ship."""
    from incentive_opt.files.overview import overview

    document = {part: overview(part) for part in ("instances", "models") if kind in (None, part)}
    if as_json:
        print_json(document)
        return
    headings = {"instances": "Instances", "models": "Payment models"}
    for part, entries in document.items():
        rows = [[entry["name"], entry["title"]] for entry in entries]
        print_table(headings[part], ["name", "title"], rows)


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="INSTANCE...")
@click.option("--files-only", is_flag=True, help="Only the files; do not try the practices' problems.")
@options.as_json
def check(names: tuple[str, ...], files_only: bool, as_json: bool) -> None:
    """Read and validate each INSTANCE; report all problems of all of them at once.

    Where the files are sound, each practice's problem is solved once under the contract in force; what
    `solve` would refuse then is told as a warning, and so is a measure that no practice has events enough
    for. That takes a few seconds, most of them to load the solver.
    """
    from incentive_opt.errors import InputError, Problem
    from incentive_opt.files.instances import read_instance

    good: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for name in names:
        try:
            instance = read_instance(name)
        except InputError as error:
            problems += error.problems
            continue
        good.append(_entry(instance))
        if not as_json:
            click.echo(_coloured(_good_line(good[-1]), "green", sys.stdout))
        if not files_only:
            good[-1]["warnings"] = _warnings(instance)
    if problems:
        raise InputError(problems)
    if as_json:
        print_json({"instances": good})


def _entry(instance: Instance) -> dict[str, Any]:
    """What ``check`` says of a sound instance."""
    from incentive_opt.files.provenance import count_numbers

    numbers = count_numbers(instance.path)
    return {
        "name": instance.name,
        "path": instance.path,
        "sha256": instance.sha256,
        "segments": len(instance.segments),
        "needs": len(instance.needs),
        "services": len(instance.services),
        "measures": len(instance.measures),
        "practices": len(instance.practices),
        "numbers": numbers.total,
        "assumption_share": numbers.assumption_share,
    }


def _warnings(instance: Instance) -> list[str]:
    """What ``solve`` would refuse or have no use for, also told on stderr."""
    from incentive_opt.cli.refusals import idle_measures, refusals

    refused, idle = [str(problem) for problem in refusals(instance)], idle_measures(instance)
    said = [f"Warning, `solve` would refuse this: {text}" for text in refused]
    for warning in (*said, *(f"Warning: {text}" for text in idle)):
        click.echo(_coloured(clean(warning), "yellow", sys.stderr), err=True)
    return refused + idle


def _coloured(text: str, colour: str, stream: TextIO) -> str:
    """The text in colour where it goes to a terminal that wants any."""
    wanted = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return click.style(text, fg=colour) if wanted else text


def _good_line(entry: dict[str, Any]) -> str:
    parts = ("segments", "services", "measures", "practices")
    counts = ", ".join(f"{entry[part]} {part if entry[part] != 1 else part[:-1]}" for part in parts)
    share = f"{100 * entry['assumption_share']:.0f} % of {entry['numbers']} numbers are assumptions"
    return f"{entry['name']}: no problems ({counts}; {share})"


@click.command()
@click.argument("name")
@click.option("--all", "all_rows", is_flag=True, help="Every row of long tables.")
@click.option(
    "--contract",
    "as_contract",
    is_flag=True,
    help="Of an instance: its contract in force as a contract file, to start one of your own from.",
)
@options.as_json
def show(name: str, all_rows: bool, as_contract: bool, as_json: bool) -> None:
    """Show NAME as tables, with units and sources.

    NAME is an instance, a payment model, a contract file, or the folder of a design.
    """
    from incentive_opt.cli.views import page_of

    if as_contract:
        _show_contract(name, as_json)
        return
    page = page_of(name)
    if as_json:
        print_json(page.document)
        return
    for line in page.heading:
        click.echo(line)
    click.echo()
    for title, columns, rows in page.tables:
        shown = rows if all_rows else rows[:40]
        _print(page, title, columns, shown)
        if len(shown) < len(rows):
            click.echo(f"… and {len(rows) - len(shown)} rows more (--all shows them)\n")
    if page.statuses and sys.stdout.isatty():
        from incentive_opt.cli.sheets import LEGEND

        click.echo(LEGEND)


def _print(page: Page, title: str, columns: list[str], rows: list[list[Any]]) -> None:
    """A table: plain in a pipe, in parts that fit and with colour on a terminal."""
    if not sys.stdout.isatty():
        print_table(title, columns, rows)
        return
    from incentive_opt.cli.sheets import print_sheet

    print_sheet(title, columns, rows, page.keys.get(title, 1), page.statuses)


def _show_contract(name: str, as_json: bool) -> None:
    """The contract in force of an instance, as a file that every command reads back."""
    from incentive_opt.cli.contract_page import document
    from incentive_opt.cli.kinds import CONTRACT, DESIGN, kind_of
    from incentive_opt.errors import InputError, Problem
    from incentive_opt.files.contracts import status_quo_text
    from incentive_opt.files.instances import read_instance

    remedies = {DESIGN: "A design's contract is a file already: contract.toml in its folder.",
                CONTRACT: "This is a contract already; copy it."}  # fmt: skip
    if remedy := remedies.get(kind_of(name), ""):
        raise InputError([Problem(name, "", "", "an instance", remedy)])
    instance = read_instance(name)
    if as_json:
        print_json(document(instance.status_quo))
    else:
        click.echo(status_quo_text(instance), nl=False)


@click.command()
def schema() -> None:
    """Print the JSON Schema of the TOML files, and the columns of the tables."""
    from incentive_opt.files.schema import schema_document

    print_json(schema_document())
