"""Whether a contract with many unknown names was made for another instance, and for which."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from incentive_opt.domain.instance import Instance
from incentive_opt.domain.lines import LINE_KINDS
from incentive_opt.domain.payable import of_words
from incentive_opt.errors import InputError, Problem
from incentive_opt.files.instances import read_instance
from incentive_opt.files.library import shipped_instances

FEWEST = 2
"""A single unknown name is a slip, not another instance; unless a design beside it says so."""
SHARE = 0.5
"""From this share of unknown names on, a contract seems made for another instance [1]."""

Names = set[tuple[str, str]]
"""What a contract pays for: kind and name."""


def made_elsewhere(raw: dict[str, Any], instance: Instance, file: Path) -> list[Problem]:
    """One problem that goes before the unknown names, or nothing where these look like slips.

    Parameters
    ----------
    raw : dict
        The contract as it stands in the file.
    file : Path
        A design.json beside it says for which instance it was made; else the shipped instances are tried.
    """
    names = _named(raw)
    unknown = names - _payable(instance)
    design = _beside(file)
    many = len(unknown) >= FEWEST and len(unknown) >= SHARE * len(names)
    if not unknown or not (many or design):
        return []
    other = design or _shipped(names, instance)
    if design == instance.name:
        remedy = f"The instance has changed since: the design keeps its own in {file.parent / 'instance'}."
    elif other:
        remedy = f"It seems made for the instance {other}: give that, or a contract for {instance.name}."
    else:
        remedy = "It seems made for another instance."
    found = f"{len(unknown)} of {len(names)} names that {instance.name} does not have"
    remedy += " `show INSTANCE --contract` writes the contract in force of an instance."
    return [Problem(str(file), "", found, f"a contract for the instance {instance.name}", remedy)]


def _named(raw: dict[str, Any]) -> Names:
    bonuses = raw.get("bonuses")
    measures = {
        ("measure", bonus["measure"])
        for bonus in (bonuses if isinstance(bonuses, list) else ())
        if isinstance(bonus, dict) and isinstance(bonus.get("measure"), str)
    }
    priced = {
        (table, name)
        for table in ("fees", "capitation", *(kind.table for kind in LINE_KINDS.values()))
        for name in (raw[table] if isinstance(raw.get(table), dict) else ())
    }
    return priced | measures


def _payable(instance: Instance) -> Names:
    return {
        *(("fees", service.name) for service in instance.services),
        *(("capitation", segment.name) for segment in instance.segments),
        *(("measure", measure.name) for measure in instance.measures),
        *((line.table, name) for kind, line in LINE_KINDS.items() for name in of_words(instance, kind)),
    }


def _beside(file: Path) -> str:
    """The instance of the design that the contract lies beside; empty where there is none."""
    try:
        return str(json.loads((file.parent / "design.json").read_text(encoding="utf-8"))["instance"]["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _shipped(names: Names, instance: Instance) -> str:
    """The shipped instance that has every one of the names."""
    for name, folder in shipped_instances().items():
        try:
            if name != instance.name and names <= _payable(read_instance(folder)):
                return name
        except InputError:
            continue
    return ""
