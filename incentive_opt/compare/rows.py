"""A row of a comparison: one way of paying, with its figures or the reason why there are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from incentive_opt.certify import read_responses
from incentive_opt.compare.figures import by_segment, equity, incomes, staff_time, sums
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.kinds import in_kinds
from incentive_opt.domain.response import Response
from incentive_opt.errors import InputError, Problem
from incentive_opt.files import read_run_folder
from incentive_opt.formulation.status_quo import respond
from incentive_opt.payment import account
from incentive_opt.solve.totals import totals
from incentive_opt.sums import Care

AS_TODAY = "Nothing better than the contract in force was found."
NONE_BETTER = "No contract of the model is better than the one in force; that is proved."
PROVED = 1e-6
"""A gap below this leaves no room for a better contract [1]."""
FOUND_STATUS = ("optimal", "feasible")


def row_of_today(instance: Instance, kinds: int) -> dict[str, Any]:
    """The contract in force."""
    told = in_kinds(instance, kinds)
    responses = [found.response for found in respond(told, told.status_quo)]
    accounts = [account(told, told.status_quo, response) for response in responses]
    together = totals(told, responses, accounts)
    own = [figures.net_income for figures in accounts]
    return {
        "name": "today",
        "title": "The contract in force",
        "found": True,
        **sums(together, together),
        **_groups(told, responses, own, own),
    }


def row_of_folder(name: str, folder: Path, instance: Instance) -> dict[str, Any]:
    """A design, from its run folder.

    Raises
    ------
    InputError
        A file is missing or bad, or the design was made for another instance.
    """
    design, kept, model, _ = read_run_folder(folder)
    if kept.sha256 != instance.sha256:
        found, expected = f"sha256 {kept.sha256[:12]}…", f"{instance.name}, sha256 {instance.sha256[:12]}…"
        remedy = "Compare designs of the same instance."
        raise InputError([Problem(str(folder), "instance", found, expected, remedy)])
    if design["status"] not in FOUND_STATUS:
        expected = "a design that was found (optimal or feasible)"
        raise InputError([Problem(str(folder), "status", str(design["status"]), expected)])
    kinds, pieces = int(design.get("kinds") or 1), int(design.get("pieces") or 1)
    told = in_kinds(instance.with_pieces(pieces), kinds)
    then, today = _incomes(design, told, folder)
    responses = _in_order(read_responses(folder / "responses.csv"), told, folder)
    objective = design["objective"]
    return {
        "name": name,
        "title": model.title,
        "found": True,
        "why": _as_today(design) if design.get("is_status_quo") else "",
        "folder": str(folder),
        "model": model.name,
        "status": design["status"],
        "is_status_quo": bool(design.get("is_status_quo")),
        "stopped": bool(design.get("stopped")),
        "kinds": kinds,
        "pieces": pieces,
        "seconds": design["provenance"]["seconds"],
        "budget_usd": design["budget"]["limit_usd"],
        "upper_bound_qaly": objective["upper_bound_qaly"],
        "gap": objective["gap"],
        **sums(design["totals"], design["totals"]["status_quo"]),
        **_groups(told, responses, then, today),
    }


def with_equity(row: dict[str, Any], today: Mapping[str, Any]) -> dict[str, Any]:
    """The row, with how evenly it treats groups of children against today."""
    return row | {"equity": equity(row["segments"], today["segments"])} if row["found"] else row


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with a column for each figure of each practice type, group of children and role of staff."""
    columns = {key: value for key, value in row.items() if not isinstance(value, dict | list)}
    if not row["found"]:
        return columns
    income, evenness = row["income"], row["equity"]
    columns["income_mean_change_share"] = income["mean_change_share"]
    for entry in income["practices"]:
        columns |= _named("income", entry, "practice", ("net_income_usd", "change_share"))
    for entry in row["segments"]:
        columns |= _named("children", entry, "segment", ("covered_share", "health_qaly_per_1000_asked"))
    columns["equity_covered_spread_share"] = evenness["covered_spread_share"]
    for end in ("worst", "best"):
        for key, value in (evenness[end] or {}).items():
            columns[f"equity_{end}_{key}"] = value
    for entry in row["staff"]:
        columns |= _named("staff", entry, "role", ("hours_used", "hours_overtime", "used_share"))
    return columns


def _named(group: str, entry: Mapping[str, Any], by: str, figures: Sequence[str]) -> dict[str, Any]:
    return {f"{group}_{entry[by]}_{figure}": entry[figure] for figure in figures}


def _as_today(design: Mapping[str, Any]) -> str:
    """Why the design is the contract in force: none is better, or none was found."""
    gap = design["objective"]["gap"]
    return NONE_BETTER if gap is not None and gap <= PROVED else AS_TODAY


def row_without(name: str, title: str, why: str) -> dict[str, Any]:
    """A model for which there is nothing to show."""
    return {"name": name, "title": title, "found": False, "why": why}


def _groups(
    instance: Instance, responses: Sequence[Response], then: Sequence[float], today: Sequence[float]
) -> dict[str, Any]:
    care = Care(instance, responses)
    return {
        "income": incomes(instance, then, today),
        "segments": by_segment(care),
        "staff": staff_time(care),
    }


def _incomes(design: Mapping[str, Any], instance: Instance, folder: Path) -> tuple[list[float], list[float]]:
    """Net income of each kind of practice, then and today, in the order of the instance."""
    entries = {entry["practice"]: entry for entry in design["practices"]}
    _same(set(entries), instance, folder, "design.json")
    return (
        [float(entries[practice.name]["net_income_usd"]) for practice in instance.practices],
        [float(entries[practice.name]["status_quo_net_income_usd"]) for practice in instance.practices],
    )


def _in_order(found: Sequence[Response], instance: Instance, folder: Path) -> list[Response]:
    """Responses in the order of the instance."""
    responses = {response.practice: response for response in found}
    _same(set(responses), instance, folder, "responses.csv")
    return [responses[practice.name] for practice in instance.practices]


def _same(names: set[str], instance: Instance, folder: Path, file: str) -> None:
    wanted = {practice.name for practice in instance.practices}
    if names != wanted:
        odd = ", ".join(sorted(names ^ wanted)[:3])
        expected = f"the {len(wanted)} practices of {instance.name}"
        remedy = "The file was changed after the design was made; solve again."
        raise InputError([Problem(f"{folder}/{file}", "practices", odd, expected, remedy)])
