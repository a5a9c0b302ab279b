"""What became of a task: its outcome, its figures, its files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DONE, NO_DESIGN, UNFIT, FAILED = "done", "no_design", "unfit", "failed"
"""A design; proof or verdict that there is none; a model that says nothing about the instance; an error."""
NO_ROOM = "no_room"
"""The worker's disk is full: nothing is recorded, the batch ends."""
FINISHED = (DONE, NO_DESIGN, UNFIT)
"""Outcomes that are not tried again."""
RECORD = "task.json"


@dataclass(frozen=True)
class Outcome:
    """What a worker sends back.

    Attributes
    ----------
    outcome : str
    why : str
        Why there is no design, in a sentence; empty where there is one.
    figures : mapping
        Columns of the row that depend on the order alone.
    timing : mapping
        Columns that depend on machine and hour.
    files : mapping
        The run folder's files by their path in it.
    detail : str
        For whoever looks for the cause of an error.
    worn : bool
        Whether the process should not be used again.
    """

    outcome: str
    why: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)
    timing: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    detail: str = ""
    worn: bool = False

    def record(self, key: str, asked: Mapping[str, Any], settings: Mapping[str, Any]) -> bytes:
        """The content of task.json."""
        content = {
            "schema": 1,
            "key": key,
            "asked": asked,
            "settings": settings,
            "outcome": self.outcome,
            "why": self.why,
            "figures": self.figures,
            "timing": self.timing,
            "detail": self.detail,
        }
        return (json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def failed(why: str, detail: str = "", worn: bool = False) -> Outcome:
    """A task that ended in an error."""
    return Outcome(FAILED, why, detail=detail, worn=worn)
