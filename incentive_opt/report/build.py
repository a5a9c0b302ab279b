"""A report: all sections of a design, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from incentive_opt.report.facts import Facts, read_facts
from incentive_opt.report.parts import Report
from incentive_opt.report.sections.answer import answer
from incentive_opt.report.sections.binds import binds
from incentive_opt.report.sections.health_money import health_and_money
from incentive_opt.report.sections.levers import prices
from incentive_opt.report.sections.people import people
from incentive_opt.report.sections.provenance import provenance
from incentive_opt.report.sections.sensitivity import sensitivity
from incentive_opt.report.sections.sources import sources
from incentive_opt.report.sections.validated import validation
from incentive_opt.report.sections.work import work


@dataclass(frozen=True)
class Remarks:
    """What the command line says of a design in its own words.

    Attributes
    ----------
    bound : sequence of str
        How near the design is to the best there can be.
    unspent : sequence of str
        What binds where much of the budget is left.
    allowances : sequence of str
        What it allows for beyond the instance's terms, and notes of the search.
    """

    bound: Sequence[str] = field(default_factory=tuple)
    unspent: Sequence[str] = field(default_factory=tuple)
    allowances: Sequence[str] = field(default_factory=tuple)


def report_of(
    design: str | Path, remark: Callable[[dict[str, Any]], Remarks] = lambda _: Remarks()
) -> Report:
    """Read a run folder and put its report together.

    Parameters
    ----------
    design : str or Path
        A run folder, or the design.json in it.
    remark : callable
        Gets design.json, once it is known to be in order.

    Raises
    ------
    InputError
        A file is missing or bad, or the files are not of one design.
    """
    facts = read_facts(design)
    return compose(facts, remark(facts.design))


def compose(facts: Facts, remarks: Remarks) -> Report:
    """The report of what was read."""
    return Report(
        title=facts.label_of("instance"),
        subtitle=f"Payment design: {facts.label_of('model')}",
        sections=(
            answer(facts, list(remarks.bound), remarks.allowances),
            health_and_money(facts),
            prices(facts),
            people(facts),
            work(facts),
            binds(facts, remarks.unspent),
            validation(facts),
            *sensitivity(facts),
            sources(facts),
            provenance(facts),
        ),
    )
