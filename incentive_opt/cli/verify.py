"""``incentive-opt verify``: does a design keep its promises? Recomputed from its files alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from incentive_opt.certify import Check
    from incentive_opt.domain.contract import Contract
    from incentive_opt.domain.instance import Instance
    from incentive_opt.domain.payment_model import PaymentModel

BROKEN_PROMISE = 4
"""Exit code when a design does not hold what it promises."""


@click.command()
@click.argument("design", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document with every check.")
@click.pass_context
def verify(context: click.Context, design: Path, as_json: bool) -> None:
    """Re-check every promise of DESIGN: a run folder, or the design.json in it.

    Everything is recomputed from the files in the folder, with neither the model that made the design
    nor its solver. The exit code is 0 if all promises hold and 4 if any is broken.
    """
    from incentive_opt.cli.output import print_json

    document = verify_document(design)
    if as_json:
        print_json(document)
    else:
        _print(document)
    if not document["ok"]:
        context.exit(BROKEN_PROMISE)


def verify_document(design: Path) -> dict[str, Any]:
    """All checks of a design as one document.

    Parameters
    ----------
    design : Path
        A run folder or its design.json.

    Raises
    ------
    InputError
        A file is missing or cannot be read.
    """
    from incentive_opt.certify.claims import what_is_not_proved, what_is_proved

    kept = _kept(design)
    checks = kept.checks
    broken = [check for check in checks if not check.ok]
    return {
        "schema": 1,
        "design": str(design),
        "ok": not broken,
        "terms": kept.terms,
        "broken": [str(check) for check in broken],
        "proved": what_is_proved(checks),
        "on_trust": what_is_not_proved(checks, kept.instance, kept.model, kept.contract),
        "checks": [check.as_dict() for check in checks],
    }


def checks_of(design: Path) -> list[Check]:
    """Read the run folder and re-check it."""
    return _kept(design).checks


@dataclass(frozen=True)
class _Kept:
    """A design's checks, the terms it sets in place of the instance's, and what lies beside it."""

    checks: list[Check]
    terms: list[str]
    instance: Instance
    model: PaymentModel
    contract: Contract


def _kept(design: Path) -> _Kept:
    """Read the run folder and re-check it."""
    from incentive_opt.certify import certify, read_responses
    from incentive_opt.files import load_design, read_contract, read_instance, read_model

    _need_a_design(design)
    promised = load_design(design)
    folder = design if design.is_dir() else design.parent
    _need_files(folder)
    instance = read_instance(folder / "instance")
    model = read_model(folder / "model.toml", instance)
    contract = read_contract(folder / "contract.toml", instance)
    responses = read_responses(folder / "responses.csv")
    checks = certify(instance, model, contract, responses, promised)
    return _Kept(checks, _terms(instance, promised), instance, model, contract)


def _terms(instance: Instance, promised: dict[str, Any]) -> list[str]:
    """Terms that the design sets in place of the instance's, in plain words."""
    from incentive_opt.cli.attainment_view import allowed_for

    terms = []
    if promised["budget"].get("overrides_instance") is True:
        own = (
            "the outlay of the status quo" if instance.budget is None else f"{instance.budget:,.2f} USD/year"
        )
        limit = promised["budget"]["limit_usd"] or 0.0
        terms.append(f"Made for a budget of {limit:,.2f} USD/year; the instance's is {own}.")
    if promised.get("margin_overrides_instance") is True:
        terms.append(
            f"Made for an incentive margin of {promised['margin_usd']:,.2f} USD per 1 % of harm; "
            f"the instance's is {instance.margin:,.2f} USD."
        )
    return terms + allowed_for(promised)


def _need_a_design(path: Path) -> None:
    """Say what was given in place of a design, where that can be told."""
    from incentive_opt.cli.kinds import no_design
    from incentive_opt.errors import InputError, Problem

    kinds = {"contract.toml": "a contract", "model.toml": "a payment model", "instance.toml": "an instance",
             "responses.csv": "a table of responses", "run.log": "a log"}  # fmt: skip
    if path.is_file() and path.suffix != ".json":
        remedy = f"This is {kinds.get(path.name, 'another kind of file')}; give the folder of a design."
        if (path.parent / "design.json").is_file():
            remedy = f"This is {kinds.get(path.name, 'one of its files')}; give its folder, {path.parent}."
    elif (path / "instance.toml").is_file() and not (path / "design.json").is_file():
        remedy = "This is an instance; `solve` makes a design for it."
    elif wrong := no_design(path):  # the name of something that ships
        raise InputError(wrong)
    else:
        return
    raise InputError([Problem(str(path), "", "", "the folder of a design, or the design.json in it", remedy)])


def _need_files(folder: Path) -> None:
    from incentive_opt.errors import InputError, Problem

    names = ("instance/instance.toml", "model.toml", "contract.toml", "responses.csv")
    remedy = "Copy the whole run folder, not only design.json."
    missing = [
        Problem(str(folder / name), "", "", "a file that is kept with the design", remedy)
        for name in names
        if not (folder / name).is_file()
    ]
    if missing:
        raise InputError(missing)


def _print(document: dict[str, Any]) -> None:
    """Print the document in plain words."""
    from incentive_opt.cli.output import clean, print_table

    checks, broken = document["checks"], document["broken"]
    if broken:
        count = "1 promise is" if len(broken) == 1 else f"{len(broken)} promises are"
        click.echo(f"{clean(document['design'])}: {count} broken, of {len(checks)}.")
        for number, text in enumerate(broken, start=1):
            click.echo(f"  {number}. {clean(text)}")
    else:
        click.echo(f"{clean(document['design'])}: every promise holds ({len(checks)} checks).")
    for term in document["terms"]:
        click.echo(clean(term))
    click.echo()
    print_table("", ["part", "checks", "hold"], _by_group(checks))
    totals = [c for c in checks if c["group"] == "totals" and c["promised"] is not None]
    if totals:
        rows = [[c["name"], c["promised"], c["recomputed"], c["unit"], _holds(c)] for c in totals]
        print_table("", ["over all practices", "promised or limit", "recomputed", "unit", ""], rows)
    click.echo(f"Proved here if all holds: {document['proved']}")
    click.echo(f"Not proved here: {document['on_trust']}")


def _by_group(checks: list[dict[str, Any]]) -> list[list[object]]:
    """Each part of the design with the number of checks and of those that hold."""
    rows: list[list[object]] = []
    for group in dict.fromkeys(check["group"] for check in checks):
        own = [check["ok"] for check in checks if check["group"] == group]
        rows.append([group, len(own), sum(own)])
    return rows


def _holds(check: dict[str, Any]) -> str:
    return "holds" if check["ok"] else "BROKEN"
