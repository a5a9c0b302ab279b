"""The design that is validated: from memory, or from the files of its run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from incentive_opt.certify import read_responses
from incentive_opt.certify.attainment_checks import as_designed
from incentive_opt.certify.detail_checks import kinds_in
from incentive_opt.certify.response_checks import check_response
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.kinds import in_kinds
from incentive_opt.domain.response import Response
from incentive_opt.errors import InputError, Problem
from incentive_opt.files import read_run_folder
from incentive_opt.simulate.world import terms_of

ANSWERS = ("optimal", "feasible")
DAMAGED = "Solve again, or take the file as the program wrote it."


class DesignLike(Protocol):
    """What is needed of a design in memory."""

    @property
    def document(self) -> dict[str, Any]:
        """The content of design.json."""

    @property
    def contract(self) -> Contract:
        """What a payer would sign."""

    @property
    def instance(self) -> Instance:
        """What was solved."""

    @property
    def intended(self) -> Sequence[Response]:
        """What one practice of each type is meant to do."""


@dataclass(frozen=True)
class Source:
    """A design, read and found complete.

    Attributes
    ----------
    document : mapping
        The content of design.json.
    instance : Instance
        With the rates that practices aim at, if the design has such.
    contract : Contract
        The contract in force itself where the design changes no price.
    intended : dict practice -> Response
        Of each type, or of each of its kinds.
    folder : Path or None
        Where it was read from.
    """

    document: Mapping[str, Any]
    instance: Instance
    contract: Contract
    intended: Mapping[str, Response]
    folder: Path | None

    @cached_property
    def in_kinds(self) -> Instance:
        """The instance as the design takes it, with kinds of practice within each type if it has such."""
        return in_kinds(self.instance, kinds_in(self.document))

    @property
    def is_status_quo(self) -> bool:
        """Whether the design is the contract in force."""
        return self.contract is self.instance.status_quo


def source_of(design: DesignLike | str | Path) -> Source:
    """Read a run folder, or take a design as it is.

    Raises
    ------
    InputError
        With every problem: files that are missing or bad, figures that are not there, names that the
        instance does not know.
    """
    if isinstance(design, str | Path):
        folder = _folder(Path(design))
        document, instance, _, contract = read_run_folder(design)
        intended: Sequence[Response] = read_responses(folder / "responses.csv")
        place: Path | None = folder
    else:
        document, instance, contract = design.document, design.instance, design.contract
        intended, place = design.intended, None
    _check(document, in_kinds(instance, kinds_in(document)), intended)
    instance = as_designed(instance, document)
    if same_prices(instance, contract, instance.status_quo):
        contract = instance.status_quo
    return Source(document, instance, contract, {one.practice: one for one in intended}, place)


def same_prices(instance: Instance, first: Contract, second: Contract) -> bool:
    """Whether two contracts pay the same for everything."""
    one, other = terms_of(instance, first), terms_of(instance, second)
    bonuses = zip(one.bonuses, other.bonuses, strict=True)
    return all(np.array_equal(a, b) for a, b in bonuses) and all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name))
        for field in fields(one)
        if field.name != "bonuses"
    )


def _folder(path: Path) -> Path:
    """The run folder; a plain sentence where something else was given."""
    if path.is_file() and path.suffix != ".json":
        beside = (path.parent / "design.json").is_file()
        remedy = f"Give its folder, {path.parent}." if beside else "Give the folder of a design."
    elif (path / "instance.toml").is_file() and not (path / "design.json").is_file():
        remedy = "This is an instance; `solve` makes a design for it."
    else:
        return path if path.is_dir() else path.parent
    raise InputError([Problem(str(path), "", "", "the folder of a design, or the design.json in it", remedy)])


def _check(document: Mapping[str, Any], instance: Instance, intended: Sequence[Response]) -> None:
    problems = _check_figures(document)
    problems += _check_names(document, instance)
    known = {practice.name for practice in instance.practices}
    found = [response.practice for response in intended]
    problems += [
        Problem("responses.csv", "", name, f"one of {', '.join(sorted(known))}", DAMAGED)
        for name in found
        if name not in known
    ]
    problems += [
        Problem("responses.csv", "", "", f"the intended response of {name}", DAMAGED)
        for name in sorted(known - set(found))
    ]
    for practice in instance.practices:
        for response in (one for one in intended if one.practice == practice.name):
            possible = check_response(instance, practice, response)[0]
            if not possible.ok:
                problems.append(
                    Problem("responses.csv", practice.name, possible.note, possible.name, DAMAGED)
                )
    if problems:
        raise InputError(problems)


def _check_figures(document: Mapping[str, Any]) -> list[Problem]:
    """What is promised in all has to be there."""
    problems = []
    if document["status"] not in ANSWERS:
        problems.append(Problem("design.json", "status", str(document["status"]), " or ".join(ANSWERS)))
    for part, key in (
        ("objective", "health_qaly"),
        ("objective", "status_quo_qaly"),
        ("budget", "outlay_usd"),
    ):
        if document[part].get(key) is None:
            problems.append(Problem("design.json", f"{part}.{key}", "nothing", "a number", DAMAGED))
    return problems


def _check_names(document: Mapping[str, Any], instance: Instance) -> list[Problem]:
    """Every practice type once, with segments, services and measures that the instance knows."""
    practices = [practice.name for practice in instance.practices]
    segments = {segment.name for segment in instance.segments}
    services = {service.name for service in instance.services}
    measures = {measure.name for measure in instance.measures}
    listed = [entry["practice"] for entry in document["practices"]]
    problems = [
        Problem("design.json", "practices", f"{name}, {listed.count(name)} times", "every practice type once")
        for name in dict.fromkeys([*practices, *listed])
        if listed.count(name) != (name in practices)
    ]
    for entry in document["practices"]:
        where = f"practices, {entry['practice']}"
        received = {segment for volumes in entry["services"].values() for segment in volumes}
        for kind, names, known in (
            ("panel", set(entry["panel"]), segments),
            ("services", set(entry["services"]), services),
            ("services", received, segments),
            ("tiers", {tier["measure"] for tier in entry["tiers"]}, measures),
        ):
            expected = f"one of {', '.join(sorted(known))}"
            problems += [
                Problem("design.json", f"{where}, {kind}", name, expected, DAMAGED)
                for name in sorted(names - known)
            ]
    return problems
