"""An order: everything that one task's result depends on, and the key that stands for it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import version as version_of
from typing import Any

from incentive_opt import __version__
from incentive_opt.batch.study import Terms
from incentive_opt.files.settings import Scalar

FORMAT = 2
"""Of orders and records; a change of either makes every task a new one."""
SHORT = 12
"""Characters of the key in the name of a run folder."""
LONGEST_NAME = 60
"""Characters of an instance's or model's name in the name of a run folder."""
SOLVER = f"HiGHS {version_of('highspy')}"
SLACK, LATE = 15.0, 1.5
"""A task that takes so much longer than its time limit [s], and so many times as long [1], is killed."""
SIMULATING, REPORTING = 300.0, 60.0
"""Further time for simulating a design and for writing its report [s]."""


@dataclass(frozen=True)
class GivenInstance:
    """An instance: its name and the bytes of its files, with what was changed in them."""

    name: str
    sha256: str
    files: Mapping[str, bytes]
    settings: tuple[tuple[str, Scalar], ...] = ()


@dataclass(frozen=True)
class GivenModel:
    """A payment model's name and its file; several files where models are joined."""

    files: tuple[tuple[str, bytes], ...]

    @property
    def name(self) -> str:
        """As in design.json: names joined by ``+``."""
        return "+".join(name for name, _ in self.files)

    @cached_property
    def sha256(self) -> str:
        """Of the file; of the files' hashes where there are several."""
        parts = [hashlib.sha256(content).hexdigest() for _, content in self.files]
        return parts[0] if len(parts) == 1 else hashlib.sha256("+".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Order:
    """One task."""

    instance: GivenInstance
    model: GivenModel
    seed: int
    terms: Terms

    @cached_property
    def asked(self) -> dict[str, Any]:
        """Everything that determines the result, machine and time of day aside; hashes stand for files."""
        return {
            "format": FORMAT,
            "version": __version__,
            "solver": SOLVER,
            "instance": {"name": self.instance.name, "sha256": self.instance.sha256},
            "model": {"name": self.model.name, "sha256": self.model.sha256},
            "seed": self.seed,
            **asdict(self.terms),
        }

    @cached_property
    def key(self) -> str:
        """SHA-256 of what was asked."""
        return hashlib.sha256(json.dumps(self.asked, sort_keys=True).encode()).hexdigest()

    @property
    def folder(self) -> str:
        """Name of the run folder."""
        names = [_plain(self.instance.name), _plain(self.model.name), f"s{self.seed}", self.key[:SHORT]]
        return "-".join(names)

    @property
    def scenario(self) -> str:
        """What was changed in the instance, in a line; empty where nothing was."""
        return ", ".join(f"{key}={value}" for key, value in self.instance.settings)

    @property
    def kill_after(self) -> float:
        """Time after which the task is taken to hang, where nothing else is said [s]."""
        more = SIMULATING * self.terms.validate + REPORTING * self.terms.report
        return LATE * self.terms.time_limit + SLACK + more

    def columns(self) -> dict[str, Any]:
        """What is known of the task before it is carried out: the first columns of its row."""
        return {
            "key": self.key,
            "folder": f"runs/{self.folder}",
            "instance": self.instance.name,
            "model": self.model.name,
            "seed": self.seed,
            "scenario": self.scenario,
            "settings": dict(self.instance.settings),
            "instance_sha256": self.instance.sha256,
            "model_sha256": self.model.sha256,
        }


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.+]", "_", name).lstrip(".")[:LONGEST_NAME] or "_"
