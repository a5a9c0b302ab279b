"""``incentive-opt solve --robust``: search, simulate, allow for what went wrong, search again."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from incentive_opt.cli.watching import Report, Stop
    from incentive_opt.domain.instance import Instance
    from incentive_opt.robust import Allowance, Robust
    from incentive_opt.solve import Progress

FAILED = 5
"""Exit code when no design was found that holds and is robust."""


def search(instance: Instance, model: str, attempts: int, terms: dict[str, Any]) -> Robust:
    """Run the loop while its progress is shown; each new attempt is announced in a line of its own."""
    from incentive_opt.cli.watching import watch

    def work(report: Report, stop: Stop) -> Robust:
        from incentive_opt.robust import robust_solve

        announced: list[int] = []

        def tell(number: int, allowance: Allowance, progress: Any) -> None:
            if number not in announced:
                announced.append(number)
                click.echo(f"Attempt {number} of at most {attempts}: {allowance.words()}.", err=True)
            report(_seen(progress))

        return robust_solve(instance, model, attempts=attempts, report=tell, stop=stop, **terms)

    return watch(work)


def _seen(progress: Any) -> Progress:
    """Progress as the display takes it; that of a validation only says what is being done."""
    from incentive_opt.solve import Progress

    if isinstance(progress, Progress):
        return progress
    return Progress("validating", 0, -math.inf, math.inf, 0.0)


def write(found: Robust, folder: Path) -> dict[str, Any]:
    """Write the run folder with its validation; the design says how its robustness was reached."""
    story = {
        "holds": found.validation.ok,
        "robust": found.validation.robust,
        "price_qaly": found.price_qaly,
        "deviations": found.best.allowance.deviations,
        "altruism_margin": found.best.allowance.altruism_margin,
        "kinds": found.best.allowance.kinds,
        "pieces": found.best.allowance.pieces,
        "attempts": [
            {
                "deviations": attempt.allowance.deviations,
                "altruism_margin": attempt.allowance.altruism_margin,
                "kinds": attempt.allowance.kinds,
                "pieces": attempt.allowance.pieces,
                "health_qaly": None if attempt.design is None else attempt.design.health,
                "simulated_qaly": None if attempt.validation is None else attempt.simulated_qaly,
                "holds": None if attempt.validation is None else attempt.validation.ok,
                "robust": None if attempt.validation is None else attempt.validation.robust,
                "kept": None if attempt.validation is None else attempt.validation.kept,
                "reason": attempt.reason,
            }
            for attempt in found.attempts
        ],
        "sentences": found.sentences(),
    }
    design = replace(found.design, document=found.design.document | {"robustness": story})
    design.write(folder)
    found.validation.write(folder)
    return design.document


def tell(document: dict[str, Any]) -> None:
    """Print what was tried and what robustness costs."""
    from incentive_opt.cli.output import clean

    click.echo("Searches, each simulated child by child under every behaviour:")
    for sentence in document["robustness"]["sentences"]:
        click.echo(f"  {clean(sentence)}")
    click.echo()
