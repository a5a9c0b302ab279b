"""A design as it is explained: its files, and the terms it was made under as a question to the search."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from incentive_opt.certify import read_responses
from incentive_opt.certify.attainment_checks import as_designed
from incentive_opt.certify.detail_checks import kinds_in
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.domain.response import Response
from incentive_opt.errors import InputError, Problem
from incentive_opt.explain.question import Question
from incentive_opt.files import read_run_folder
from incentive_opt.formulation.assurance import Stopwatch
from incentive_opt.solve.settle import Settled, examine

CLOSE = 1e-6
"""What is recomputed agrees with design.json to this share [1]."""


@dataclass(frozen=True)
class Source:
    """A design with the terms it was made under.

    Attributes
    ----------
    document : dict
        design.json.
    read : Instance
        As it stands in the run folder.
    question : Question
        The terms.
    settled : Settled
        The contract with its intended responses, examined anew.
    """

    document: dict[str, Any]
    read: Instance
    model: PaymentModel
    contract: Contract
    responses: tuple[Response, ...]
    question: Question
    settled: Settled

    @property
    def is_status_quo(self) -> bool:
        """Whether the design is the contract in force."""
        return self.settled.is_status_quo


def read_source(design: str | Path) -> Source:
    """Read a run folder.

    Raises
    ------
    InputError
        A file is missing or bad, or the files are not of one design.
    """
    document, read, model, contract = read_run_folder(design)
    path = Path(design)
    folder = path if path.is_dir() else path.parent
    kinds = kinds_in(document)
    question = Question(_terms(read, document, kinds), model, kinds)
    known = {response.practice: response for response in read_responses(folder / "responses.csv")}
    names = [practice.name for practice in question.payer.instance.practices]
    if odd := sorted(set(known) ^ set(names)):
        expected = "the practice types of the instance, each once"
        raise InputError([Problem(str(folder / "responses.csv"), "", odd[0], expected, REMEDY)])
    responses = tuple(known[name] for name in names)
    status_quo = document.get("is_status_quo") is True
    settled = examine(question.payer, contract, responses, status_quo, Stopwatch())
    _agree(document, settled, str(folder / "design.json"))
    return Source(document, read, model, contract, responses, question, settled)


REMEDY = "Copy the whole run folder of one design, or solve again."


def _terms(read: Instance, document: dict[str, Any], kinds: int) -> Instance:
    """The instance with the terms that the design was made under."""
    given = as_designed(read, document)
    margin = float(document.get("margin_usd") or 0.0)
    if document.get("is_status_quo") is True and not document.get("margin_overrides_instance"):
        margin = read.margin / kinds  # none is asked of the contract in force; other contracts would keep it
    given = replace(given, margin=margin, altruism_margin=float(document.get("altruism_margin") or 0.0))
    limit = document["budget"]["limit_usd"]
    if document["budget"].get("overrides_instance") is True and limit is not None:
        given = replace(given, budget=float(limit))
    return given


def _agree(document: dict[str, Any], settled: Settled, file: str) -> None:
    """Refuse files that do not come to what design.json says."""
    pairs = (
        ("objective.health_qaly", document["objective"]["health_qaly"], settled.health),
        ("budget.outlay_usd", document["budget"]["outlay_usd"], settled.outlay),
    )
    problems = [
        Problem(
            file,
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
