"""responses.csv: how every practice type works, one activity a row."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable
from pathlib import Path

from incentive_opt.domain.response import Response
from incentive_opt.errors import InputError, Problem

COLUMNS = ("practice", "kind", "item", "segment_or_band", "value")
KINDS = ("panel", "service", "effective", "overtime")
REMEDY = "Solve again, or take the file as the program wrote it."
Key = tuple[str, str, str, str]


def response_rows(responses: Iterable[Response]) -> list[dict[str, object]]:
    """Rows of responses.csv; numbers keep every digit, so that reading gives them back.

    ``panel`` has the segment in both ``item`` and ``segment_or_band``; ``service`` and ``effective``
    have service or need and segment; ``overtime`` has role and band (0-based). Zeros are left out.
    """
    rows: list[dict[str, object]] = []
    for response in responses:
        found: list[tuple[str, str, str, float]] = []
        found += [("panel", k, k, v) for k, v in response.panel.items()]
        found += [("service", s, k, v) for (s, k), v in response.services.items()]
        found += [("effective", n, k, v) for (n, k), v in response.effective.items()]
        found += [("overtime", r, str(b), v) for (r, b), v in response.overtime.items()]
        rows += [
            dict(zip(COLUMNS, (response.practice, kind, item, second, repr(float(value))), strict=True))
            for kind, item, second, value in found
            if value != 0.0 or kind == "panel"
        ]
    return rows


def read_responses(path: Path) -> list[Response]:
    """Read responses.csv.

    Raises
    ------
    InputError
        With every bad row.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror or "not readable"
        raise InputError([Problem(str(path), "", reason, "a readable table", REMEDY)]) from None
    reader = csv.reader(io.StringIO(content, newline=""))
    header = next(reader, [])
    if tuple(header) != COLUMNS:
        found = ", ".join(header)
        raise InputError([Problem(path.name, "header", found, f"columns {', '.join(COLUMNS)}", REMEDY)])
    values: dict[Key, float] = {}
    problems: list[Problem] = []
    for line, cells in enumerate(reader, start=2):
        if cells:
            problems += _add(values, cells, path.name, f"row {line}")
    if problems:
        raise InputError(problems)
    return _responses(values)


def _add(values: dict[Key, float], cells: list[str], file: str, where: str) -> list[Problem]:
    """Put one row among the values, or say what is wrong with it."""
    if len(cells) != len(COLUMNS):
        return [Problem(file, where, f"{len(cells)} cells", f"{len(COLUMNS)} cells", REMEDY)]
    practice, kind, item, second, value = cells
    if kind not in KINDS:
        return [Problem(file, where, kind, f"one of {', '.join(KINDS)}", REMEDY)]
    try:
        figure = float(value) if value.isascii() and "_" not in value else math.nan
    except ValueError:
        figure = math.nan
    if not math.isfinite(figure):
        return [Problem(file, where, value, "a finite number", REMEDY)]
    if kind == "overtime" and not (second.isascii() and second.isdecimal()):
        return [Problem(file, where, second, "an overtime band, 0 for the first", REMEDY)]
    if kind == "panel" and second != item:
        return [Problem(file, where, second, f"the segment {item!r} again", REMEDY)]
    key = (practice, kind, item, str(int(second)) if kind == "overtime" else second)
    if key in values:
        return [Problem(file, where, f"{practice}, {kind}, {item}, {second}", "every activity once", REMEDY)]
    values[key] = figure
    return []


def _responses(values: dict[Key, float]) -> list[Response]:
    practices = dict.fromkeys(key[0] for key in values)
    result = []
    for practice in practices:
        own = {key[1:]: value for key, value in values.items() if key[0] == practice}
        result.append(
            Response(
                practice=practice,
                panel={item: v for (kind, item, _), v in own.items() if kind == "panel"},
                services={(item, k): v for (kind, item, k), v in own.items() if kind == "service"},
                effective={(item, k): v for (kind, item, k), v in own.items() if kind == "effective"},
                overtime={(item, int(b)): v for (kind, item, b), v in own.items() if kind == "overtime"},
            )
        )
    return result
