"""A study file: products of instances, models, seeds and changed numbers, with the terms of each."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

from incentive_opt.domain.curve import MOST_CUTS
from incentive_opt.files.problems import Problems
from incentive_opt.files.schemas import Strict, Versioned
from incentive_opt.files.settings import Scalar
from incentive_opt.files.text import decode, read_bytes
from incentive_opt.files.toml_files import parse_toml, validate

MOST_SEED = 2**63
A_SEED = "a number of seeds (5) or a list of seeds ([3, 7, 11]), each a whole number from 0 to below 2**63"
A_CHANGE = "a value (500000), or a list of the values it takes in turn ([500000, 515000])"


def _seeds(value: object) -> object:
    """A number of seeds, or seeds; one sentence for whatever else it is."""
    listed = value if isinstance(value, list) else [value]
    if not all(type(seed) is int and 0 <= seed < MOST_SEED for seed in listed):
        raise _other_than(A_SEED)
    return value


def _changes(value: object) -> object:
    """A value of a setting, or several."""
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(one, bool | int | float | str) and _sensible(one) for one in listed):
        raise _other_than(A_CHANGE)
    return value


def _sensible(value: object) -> bool:
    """Whether it is no number at all, or a finite one."""
    return not isinstance(value, float) or math.isfinite(value)


def _other_than(expected: str) -> PydanticCustomError:
    return PydanticCustomError("plain_words", "expected {expected}", {"expected": expected})


Names = list[Annotated[str, Field(min_length=1, max_length=4096)]]
Seeds = Annotated[int | list[int], PlainValidator(_seeds)]
Changes = dict[str, Annotated[Scalar | list[Scalar], PlainValidator(_changes)]]
OF_EACH = ("gap", "time_limit", "iterations", "kinds", "pieces", "margin", "replications")
"""Terms that a part may have of its own."""
OF_ALL = ("report",)


class PartTable(Strict):
    """A product and its terms; what it leaves out is taken from the top of the file."""

    instances: Names | None = None
    models: Names | None = None
    seeds: Seeds | None = None
    changes: Changes | None = Field(default=None, alias="set")
    gap: Annotated[float, Field(ge=0, le=1)] | None = None
    time_limit: Annotated[float, Field(ge=0, le=1e9)] | None = None
    iterations: Annotated[int, Field(ge=0, le=10**9)] | None = None
    kinds: Annotated[int, Field(ge=1, le=1000)] | None = None
    pieces: Annotated[int, Field(ge=1, le=MOST_CUTS)] | None = None
    margin: Annotated[float, Field(ge=0, le=1e12)] | None = None
    replications: Annotated[int, Field(ge=1, le=100_000)] | None = None

    def terms(self) -> dict[str, Any]:
        """The terms that it has."""
        return {name: value for name in OF_EACH if (value := getattr(self, name)) is not None}


class StudyFile(Versioned, PartTable):
    """A study file."""

    title: Annotated[str, Field(max_length=5000)] = ""
    simulate: bool | None = Field(default=None, alias="validate")
    report: bool | None = None
    parts: list[PartTable] = Field(default_factory=list)

    def terms(self) -> dict[str, Any]:
        """The terms that it has, with those that hold for all parts."""
        values = {name: getattr(self, name) for name in OF_ALL} | {"validate": self.simulate}
        return super().terms() | {name: value for name, value in values.items() if value is not None}


def read_study(file: Path) -> StudyFile:
    """A study file, checked."""
    problems = Problems()
    content = read_bytes(file, str(file), problems)
    text = None if content is None else decode(content, str(file), problems)
    raw = None if text is None else parse_toml(text, str(file), problems)
    table = None
    if raw is not None and text is not None:
        table = validate(raw, StudyFile, text, str(file), problems)
    problems.raise_if_any()
    assert table is not None
    return table
