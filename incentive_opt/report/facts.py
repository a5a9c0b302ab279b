"""Everything a report rests on, read from a run folder and worked out anew from its files."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from incentive_opt.certify.attainment_checks import as_designed
from incentive_opt.certify.responses_file import read_responses
from incentive_opt.certify.status_quo import status_quo
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Measure
from incentive_opt.domain.kinds import Members, in_kinds, types_of
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.domain.response import Response
from incentive_opt.errors import InputError, Problem
from incentive_opt.files import read_run_folder
from incentive_opt.payment import Account, account, denominator, large_enough, numerator
from incentive_opt.report.extras import odd_fields
from incentive_opt.report.validation import Found, read_validation
from incentive_opt.report.wording import clean
from incentive_opt.sums import Care

CLOSE = 1e-6
"""What is recomputed agrees with design.json to this share [1]."""


@dataclass(frozen=True)
class Year(Care):
    """What practices do under a contract and what that comes to, in the order of the instance's practices."""

    contract: Contract
    accounts: Sequence[Account]

    def total(self, figure: Callable[[Account], float]) -> float:
        """Sum over all practices of a figure of their accounts."""
        return sum(
            practice.count * figure(one)
            for practice, one in zip(self.instance.practices, self.accounts, strict=True)
        )

    def rate(self, measure: Measure, place: int) -> float | None:
        """Rate of a measure in a practice [1]; None where it is too small to be measured."""
        response = self.responses[place]
        events = denominator(self.instance, measure, response)
        if events <= 0.0 or not large_enough(self.instance, measure, response.practice):
            return None
        return numerator(self.instance, measure, response) / events


@dataclass(frozen=True)
class Facts:
    """A design with all that stands in its folder.

    Attributes
    ----------
    folder : Path
        The run folder.
    design : dict
        design.json.
    given : Instance
        As it was given; ``instance`` is the same with every type in kinds, if the design tells them apart.
    today, then : Year
        Under the contract in force, and under the design.
    model_file : dict
        model.toml, for its sources.
    found : Found
        What a validation found, or why there is nothing to show.
    """

    folder: Path
    design: dict[str, Any]
    given: Instance
    instance: Instance
    model: PaymentModel
    today: Year
    then: Year
    model_file: dict[str, Any]
    found: Found

    @cached_property
    def types(self) -> tuple[Members, ...]:
        """The practice types with their kinds."""
        return types_of(self.instance)

    @property
    def contract(self) -> Contract:
        """The design's contract."""
        return self.then.contract

    @property
    def contracted(self) -> tuple[str, ...]:
        """Segments that this contract pays for."""
        return tuple(segment.name for segment in self.instance.segments if segment.contracted)

    @property
    def bare_name(self) -> str:
        """Name of the run folder, without the folders around it: those are nobody's business."""
        return clean(self.folder.resolve().name) or "design"

    @property
    def name(self) -> str:
        """Name of the run folder as it is typed in a shell."""
        return shlex.quote(self.bare_name)

    def label_of(self, part: str) -> str:
        """Title of the instance or the model; its name where it has none."""
        return clean(self.design[part].get("title") or self.design[part]["name"])

    def count(self, members: Members) -> float:
        """How many practices are of a type."""
        return sum(self.instance.practices[place].count for place in members.places)

    def entries(self, members: Members) -> list[dict[str, Any]]:
        """What design.json says of the kinds of a type."""
        names = {self.instance.practices[place].name for place in members.places}
        return [part for part in self.design["practices"] if part["practice"] in names]

    def label(self, kind: str, key: str) -> str:
        """What people call a thing: as the design has it, or else the instance; else its key."""
        known = ((self.design.get("labels") or {}).get(kind) or {}).get(key) or self._labels.get((kind, key))
        return clean(known or key)

    @cached_property
    def _labels(self) -> dict[tuple[str, str], str]:
        given = self.given
        things: dict[str, Sequence[Any]] = {
            "practices": given.practices,
            "segments": given.segments,
            "needs": given.needs,
            "services": given.services,
            "measures": given.measures,
        }
        return {(kind, one.name): one.label for kind, all_ in things.items() for one in all_}


def read_facts(design: str | Path) -> Facts:
    """Read a run folder for a report.

    Parameters
    ----------
    design : str or Path
        The run folder of a design, or the design.json in it.

    Raises
    ------
    InputError
        A file is missing or bad, or the files are not of one design.
    """
    path = Path(design)
    folder = path if path.is_dir() else path.parent
    document, given, model, contract = read_run_folder(path)
    if problems := odd_fields(document, given, str(folder / "design.json")):
        raise InputError(problems)
    instance = in_kinds(as_designed(given, document), int(document.get("kinds", 1)))
    responses = {response.practice: response for response in read_responses(folder / "responses.csv")}
    _same_practices(instance, responses, document, folder)
    before = status_quo(instance)
    order = [practice.name for practice in instance.practices]
    today = Year(
        instance,
        [before.responses[name] for name in order],
        instance.status_quo,
        [before.accounts[name] for name in order],
    )
    own = [responses[name] for name in order]
    then = Year(instance, own, contract, [account(instance, contract, one) for one in own])
    _agree(document, then, today, folder)
    raw = tomllib.loads((folder / "model.toml").read_text(encoding="utf-8-sig"))
    return Facts(
        folder, document, given, instance, model, today, then, raw, read_validation(folder, document)
    )


def _same_practices(
    instance: Instance, responses: dict[str, Response], design: dict[str, Any], folder: Path
) -> None:
    """Refuse a folder whose files are not about the same practices."""
    expected = {practice.name for practice in instance.practices}
    for file, names in (
        ("responses.csv", set(responses)),
        ("design.json", {part["practice"] for part in design["practices"]}),
    ):
        if names != expected:
            odd = sorted(names ^ expected)[0]
            raise InputError([_apart(folder / file, odd, "the practice types of the instance, each once")])


def _agree(design: dict[str, Any], then: Year, today: Year, folder: Path) -> None:
    """Refuse files that do not come to what design.json promises."""
    objective, budget = design["objective"], design["budget"]
    pairs = (
        ("objective.health_qaly", objective["health_qaly"], then.total(lambda one: one.health)),
        ("objective.status_quo_qaly", objective["status_quo_qaly"], today.total(lambda one: one.health)),
        ("budget.outlay_usd", budget["outlay_usd"], then.total(lambda one: one.outlay)),
    )
    problems = [
        Problem(
            str(folder / "design.json"),
            where,
            "nothing" if promised is None else f"{promised:,.6g}",
            f"{found:,.6g}, which is what the other files of the folder come to",
            "`verify` says which promises are broken; or solve again.",
        )
        for where, promised, found in pairs
        if promised is None or abs(promised - found) > CLOSE * max(1.0, abs(found))
    ]
    if problems:
        raise InputError(problems)


def _apart(file: Path, value: str, expected: str) -> Problem:
    return Problem(str(file), "", value, expected, "Copy the whole run folder of one design, or solve again.")
