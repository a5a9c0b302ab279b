"""What validation finds: the verdict, and validation.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from incentive_opt import __version__
from incentive_opt.files import write_atomically
from incentive_opt.simulate import Simulation
from incentive_opt.simulate.figures import Quantity
from incentive_opt.validate.causes import Cause, Waterfall
from incentive_opt.validate.compare import (
    OF_ASKED,
    OF_PAYMENTS,
    OF_PRACTICES,
    OF_PROMISE,
    OF_REVENUE,
    POINTS,
    Comparison,
    named,
)
from incentive_opt.validate.outcome import Outcome
from incentive_opt.validate.simulations import DECIDES, Asked
from incentive_opt.validate.source import Source
from incentive_opt.validate.words import sentences

FILE = "validation.json"
TOLERANCES = {
    "health, outlay, contract payments, outside cost, panels, visits": OF_PROMISE,
    "net income and revenue": OF_REVENUE,
    "bonuses": OF_PAYMENTS,
    "children turned away": OF_ASKED,
    "rates of measures": POINTS,
    "tiers that carry money": OF_PRACTICES,
}


@dataclass(frozen=True)
class Validation:
    """A design beside its simulations.

    Attributes
    ----------
    outcomes : mapping behaviour -> Outcome
        ``rational`` first.
    waterfall : Waterfall
        From search to simulation, step by step, where practices are rational.
    simulations : mapping behaviour -> Simulation
        Under the design's contract.
    asked : Asked
    """

    source: Source
    outcomes: Mapping[str, Outcome]
    waterfall: Waterfall
    simulations: Mapping[str, Simulation]
    asked: Asked

    @property
    def deciding(self) -> list[Comparison]:
        """What the verdict rests on: health, outlay, net incomes and tiers with money."""
        return [one for one in self.outcomes[DECIDES].comparisons if one.decides]

    @property
    def promised_qaly(self) -> float:
        """Health promised of a year [QALY/year]."""
        return next(one.promised for one in self.deciding if one.quantity.kind == "health_qaly")

    @property
    def ok(self) -> bool:
        """Whether the design holds."""
        return all(one.ok for one in self.deciding)

    @property
    def verdict(self) -> str:
        """``holds`` or ``fails``."""
        return "holds" if self.ok else "fails"

    @property
    def robust(self) -> bool:
        """Whether every behaviour keeps 90 % of the promised gain and passes the budget by 2 % at most."""
        return all(one.gain.keeps and one.spending.nearly for one in self.outcomes.values())

    @property
    def kept(self) -> dict[str, float | None]:
        """Share of the promised gain that is kept under each behaviour [1]; None where none is promised."""
        return {behaviour: one.gain.share for behaviour, one in self.outcomes.items()}

    @cached_property
    def failures(self) -> list[tuple[Quantity, Cause]]:
        """What is off or cannot be told where practices are rational, and why; what decides comes first."""
        off = [one for one in self.outcomes[DECIDES].comparisons if not one.ok]
        off.sort(key=lambda one: not one.decides)
        return [(one.quantity, self.waterfall.cause_of(one)) for one in off]

    @cached_property
    def document(self) -> dict[str, Any]:
        """The content of validation.json."""
        said, instance = self.source.document, self.source.instance
        promised = {one.quantity: one for one in self.outcomes[DECIDES].comparisons}
        causes = [self.waterfall.cause_of(one) for one in self.deciding if not one.ok]
        return {
            "schema": 1,
            "version": __version__,
            "instance": {"name": instance.name, "sha256": instance.sha256},
            "model": {key: said["model"].get(key) for key in ("name", "sha256")},
            "is_status_quo": self.source.is_status_quo,
            "seed": self.asked.seed,
            "replications": self.outcomes[DECIDES].replications,
            "precision": self.asked.precision,
            "ok": self.ok,
            "verdict": self.verdict,
            "robust": self.robust,
            "sentences": sentences(
                instance, list(self.outcomes.values()), self.deciding, causes, self.source.is_status_quo
            ),
            "failures": [
                named(quantity)
                | {"status": promised[quantity].status, "decides": promised[quantity].decides}
                | {"cause": cause.step, "words": cause.words}
                for quantity, cause in self.failures
            ],
            "tolerances": TOLERANCES,
            "behaviours": [one.as_dict() for one in self.outcomes.values()],
            "waterfall": self.waterfall.as_dict(self.outcomes[DECIDES].comparisons),
            "behaviour_terms": asdict(instance.simulation.behaviour),
            "assumed": list(self.simulations[DECIDES].assumed),
            "labels": _labels(self.source),
        }

    def write(self, folder: str | Path) -> None:
        """Write validation.json into a run folder, whole or not at all."""
        text = json.dumps(self.document, indent=2, ensure_ascii=False, allow_nan=False)
        write_atomically(Path(folder) / FILE, text + "\n")


def _labels(source: Source) -> dict[str, dict[str, str]]:
    """What people call practice types, segments and measures."""
    instance = source.instance
    kinds: dict[str, Sequence[Any]] = {
        "practices": instance.practices,
        "segments": instance.segments,
        "measures": instance.measures,
    }
    return {kind: {one.name: one.label or one.name for one in things} for kind, things in kinds.items()}
