"""sensitivity.json beside a design: read for the report, or told why there is nothing to show."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from incentive_opt.report.validation import Found

FILE = "sensitivity.json"
CLOSE = 1e-6
"""A design that was looked at is this one if it promises the same to this share [1]."""
DAMAGED = "sensitivity.json is damaged."
OTHER = "sensitivity.json in the folder is of another design."
OLDER = "sensitivity.json was written by another version of the program."
ENDS = ("low", "high")
ODDS = ("beats_today", "more_health", "budget_kept", "incomes_kept", "beats_today_and_incomes_kept")
QUANTILES = ("2.5", "25", "50", "75", "97.5")


def read_sensitivity(folder: Path, design: dict[str, Any]) -> Found | None:
    """Read sensitivity.json; None where there is none."""
    try:
        document = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        return Found(None, DAMAGED)
    if not isinstance(document, dict):
        return Found(None, DAMAGED)
    if not _complete(document):
        return Found(None, OLDER)
    return Found(document) if _of_this(document, design) else Found(None, OTHER)


def _complete(document: dict[str, Any]) -> bool:
    """Whether all that the report reads is there, of the right kind and finite."""
    try:
        texts, numbers = list(_texts(document)), list(_numbers(document))
    except (KeyError, TypeError, IndexError, AttributeError):
        return False
    return all(isinstance(text, str) for text in texts) and all(map(_finite, numbers))


def _texts(document: dict[str, Any]) -> Iterator[object]:
    yield from document["sentences"]
    for row in document["tornado"]:
        yield from (row["label"], row["unit"], row["decision"], row["parameter"], row["scale"])
        yield from (row["distribution"], row["source"])
        for end in ENDS:
            found = row[end].get("resolved")
            yield from [] if found is None or found["found"] else [found["why"]]
    yield from document["chances"] or {}
    if document["chances"] or document["value_of_information"] is not None:
        yield from document["value_of_information"]["contracts"]
        yield from (row["best"] for row in document["value_of_information"]["rows"])


def _numbers(document: dict[str, Any]) -> Iterator[object]:
    yield from (document["draws"], document["draws_impossible"], document["seed"], document["kinds"])
    yield document["base"]["design"]["gain_qaly"]
    for row in document["tornado"]:
        yield row["swing_qaly"]
        for end in ENDS:
            yield row[end]["value"]
            yield from [row[end]["gain_qaly"], row[end]["outlay_usd"]] if row[end]["possible"] is True else []
            found = row[end].get("resolved")
            if found is not None and found["found"]:
                yield found["health_qaly"]
                if found["better_by_qaly"] is not None:
                    yield found["better_by_qaly"]
    for found in (document["chances"] or {}).values():
        yield from (found["probability"][key][part] for key in ODDS for part in ("share", "low", "high"))
        yield found["gain_qaly"]["mean"]
        yield from (found["gain_qaly"]["quantiles"][at] for at in QUANTILES)
    if document["value_of_information"] is not None:
        for row in document["value_of_information"]["rows"]:
            yield from (row["worth_usd_per_qaly"], row["value_usd"])


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _of_this(document: dict[str, Any], design: dict[str, Any]) -> bool:
    """Whether it is of the same files, with the same promises."""
    try:
        pairs = (
            (document["design"]["health_qaly"], design["objective"]["health_qaly"]),
            (document["design"]["outlay_usd"], design["budget"]["outlay_usd"]),
        )
        same = all(document[part]["sha256"] == design[part]["sha256"] for part in ("instance", "model"))
        return same and all(abs(a - b) <= CLOSE * max(1.0, abs(b)) for a, b in pairs)
    except (KeyError, TypeError):
        return False
