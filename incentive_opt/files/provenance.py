"""How many numbers of an instance or a payment model rest on what."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incentive_opt.files.columns import TABLES, UNCERTAINTY
from incentive_opt.files.problems import Problems
from incentive_opt.files.tables import Row, read_table

UNSOURCED = "no source"
LEAST_SURE_FIRST = (UNSOURCED, "assumption", "M", "D", "V2", "V")
NOT_DATA = ("schema", "price_year")


@dataclass(frozen=True)
class NumberCount:
    """Numbers by the status of their source.

    A number with several sources counts under the least sure of them; one whose row or table names
    none counts as ``no source``.
    """

    by_status: dict[str, int]

    @property
    def total(self) -> int:
        """All numbers."""
        return sum(self.by_status.values())

    @property
    def assumption_share(self) -> float:
        """Share that are assumptions or have no source [1]."""
        unsure = self.by_status.get("assumption", 0) + self.by_status.get(UNSOURCED, 0)
        return unsure / self.total if self.total else 0.0


def count_numbers(folder: str | Path) -> NumberCount:
    """Count the numbers of an instance that holds no problem."""
    home = Path(folder)
    raw = tomllib.loads((home / "instance.toml").read_text(encoding="utf-8-sig"))
    return _counted(raw, [*_in_document(raw, ""), *_in_tables(home)])


def count_model_numbers(raw: dict[str, Any]) -> NumberCount:
    """Count the numbers of a payment model that holds no problem, from its TOML document."""
    return _counted(raw, _in_document(raw, ""))


def _counted(raw: dict[str, Any], named: Iterable[str]) -> NumberCount:
    """Numbers by status, from what each of them names as its sources."""
    statuses = {key: entry["status"] for key, entry in raw.get("sources", {}).items()}
    counter: Counter[str] = Counter()
    for sources in named:
        found = {statuses[key.strip()] for key in sources.split(";") if key.strip()} or {UNSOURCED}
        counter[min(found, key=LEAST_SURE_FIRST.index)] += 1
    return NumberCount({status: counter[status] for status in reversed(LEAST_SURE_FIRST) if counter[status]})


def _in_document(part: Any, source: str) -> Iterator[str]:
    """The source of every number in a TOML document; a table inherits from the one around it."""
    if isinstance(part, dict):
        source = part.get("source", source)
        for key, value in part.items():
            if key not in NOT_DATA and key != "sources":
                yield from _in_document(value, source)
    elif isinstance(part, list):
        for value in part:
            yield from _in_document(value, source)
    elif isinstance(part, int | float) and not isinstance(part, bool):
        yield source


def _in_tables(home: Path) -> Iterator[str]:
    for layout in TABLES:
        if layout is UNCERTAINTY:  # how far numbers may move is no number that a result rests on
            continue
        if (home / layout.file).exists():
            text = (home / layout.file).read_text(encoding="utf-8-sig")
            for row in read_table(text, layout, layout.file, Problems()).rows:
                yield from [";".join(row.names("source"))] * _numbers_in(row)


def _numbers_in(row: Row) -> int:
    """Numbers a person wrote in a row; each of a list counts, weights and points of curves too."""
    total = 0
    for value in row.values.values():
        if isinstance(value, float):
            total += 1
        elif isinstance(value, dict):
            total += len(value)
        elif isinstance(value, tuple) and value and not isinstance(value[0], str):
            total += 2 * (len(value) - 1) if isinstance(value[0], tuple) else len(value)
    return total
