"""What is asked, and of what: read and checked before anything is worked out."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from incentive_opt.certify.attainment_checks import as_designed
from incentive_opt.domain.kinds import MOST_KINDS, differ
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.errors import InputError, Problem
from incentive_opt.expected_shares import with_expected_shares
from incentive_opt.files import read_contract, read_run_folder
from incentive_opt.files.uncertainty_file import read_uncertainty
from incentive_opt.sensitivity.cases import Asked

ASKED = "what was asked for"
TODAY = "today"
MOST_DRAWS = 1_000_000


@dataclass(frozen=True)
class Terms:
    """What is asked.

    Attributes
    ----------
    draws : int
        Draws of all parameters at once; 0 for the tornado alone.
    seed : int
    worth : float
        What a QALY is worth to the payer, for the value of information [USD/QALY].
    kinds : int or None
        Of practice told apart within each type; as many as the design does if not given.
    resolve : float
        Time of a search at each end of each parameter [s]; 0 for none.
    indices : int
        Draws for Sobol' indices; 0 for none.
    processes : int or None
        At most so many at once.
    """

    draws: int = 256
    seed: int = 0
    worth: float = 100_000.0
    kinds: int | None = None
    resolve: float = 0.0
    indices: int = 0
    processes: int | None = None


@dataclass(frozen=True)
class Subject:
    """The design, what of its instance is not known well, and the contracts that stand beside it."""

    design: dict[str, Any]
    model: PaymentModel
    asked: Asked
    names: tuple[str, ...]
    table: dict[str, str]


def check(terms: Terms) -> None:
    """Raise InputError for every number that makes no sense."""
    rules: list[tuple[str, float | None, float, float, str]] = [
        ("draws", terms.draws, 0, MOST_DRAWS, f"a whole number from 0 to {MOST_DRAWS:,}"),
        ("seed", terms.seed, 0, math.inf, "a whole number, 0 or more"),
        ("worth", terms.worth, 1.0, 1e9, "USD for a QALY, from 1 to 1e9"),
        ("resolve", terms.resolve, 0.0, math.inf, "seconds, 0 or more"),
        ("indices", terms.indices, 0, MOST_DRAWS, f"a whole number from 0 to {MOST_DRAWS:,}"),
        ("kinds", terms.kinds, 1, MOST_KINDS, f"a whole number from 1 to {MOST_KINDS}"),
        ("processes", terms.processes, 1, math.inf, "a whole number, 1 or more"),
    ]
    problems = [
        Problem(ASKED, name, f"{value:g}", expected)
        for name, value, least, most, expected in rules
        if value is not None and not (math.isfinite(value) and least <= value <= most)
    ]
    if problems:
        raise InputError(problems)


def subject_of(
    path: Path, terms: Terms, against: Sequence[str | Path], uncertainty: str | Path | None
) -> Subject:
    """Read everything, and check that there is something to ask."""
    design, instance, model, contract = read_run_folder(path)
    table = {"file": "uncertainty.csv", "sha256": ""}
    if uncertainty is not None:
        instance = replace(instance, uncertainty=read_uncertainty(uncertainty, instance))
        table = {"file": Path(uncertainty).name, "sha256": _sha256(Path(uncertainty))}
    elif instance.uncertainty:
        table["sha256"] = _sha256(Path(instance.path) / "uncertainty.csv")
    if not instance.uncertainty:
        expected = "an uncertainty.csv that says which of its numbers are not known well"
        remedy = (
            "instances/README.md tells its columns; give one with --uncertainty FILE, or solve again with it."
        )
        raise InputError([Problem(str(path), "instance", "", expected, remedy)])
    kinds = int(design.get("kinds") or 1) if terms.kinds is None else terms.kinds
    if kinds > 1 and not differ(instance):
        raise InputError(
            [Problem(ASKED, "kinds", f"{kinds}", "1, because practices of a type are alike here")]
        )
    others = [with_expected_shares(instance, read_contract(one, instance)) for one in against]
    given = replace(
        as_designed(instance, design),
        budget=design["budget"]["limit_usd"]
        if design["budget"].get("overrides_instance") is True
        else instance.budget,
    )
    names = (TODAY, "design", *_distinct([_name(Path(one)) for one in against]))
    return Subject(design, model, Asked(given, kinds, (contract, *others)), names, table)


def _name(path: Path) -> str:
    """What a contract is called: its file without the ending, or its folder."""
    return path.resolve().parent.name if path.name in ("contract.toml", "design.json") else path.stem


def _distinct(names: Sequence[str]) -> list[str]:
    """Names of which no two are alike, nor like those that are taken."""
    found: list[str] = []
    for name in names:
        shown, number = name, 2
        while shown in (TODAY, "design", *found):
            shown, number = f"{name} ({number})", number + 1
        found.append(shown)
    return found


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
