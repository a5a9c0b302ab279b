"""validation.json beside a design: read for the report, or told why there is nothing to show."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = "validation.json"
CLOSE = 1e-6
"""A promise that was simulated is the design's if it is the same to this share [1]."""
UNCLEAR = "too few replications to tell"
"""Status of a quantity that is neither said to hold nor to be off."""
NONE = "This design has not been simulated."
DAMAGED = "validation.json is damaged."
OTHER = "validation.json in the folder is of another design."
OLDER = "validation.json was written by another version of the program."


@dataclass(frozen=True)
class Found:
    """The findings; or, where there are none to show, ``why`` not."""

    document: dict[str, Any] | None
    why: str = ""


def read_validation(folder: Path, design: dict[str, Any]) -> Found:
    """Read validation.json, if it is there and of this design."""
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return Found(None, NONE)
    except (OSError, UnicodeDecodeError):
        return Found(None, DAMAGED)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return Found(None, DAMAGED)
    if not isinstance(document, dict) or not _complete(document):
        return Found(None, OLDER if isinstance(document, dict) else DAMAGED)
    if not _of_this(document, design):
        return Found(None, OTHER)
    return Found(document)


def quantities(document: dict[str, Any], behaviour: int = 0) -> dict[str, dict[str, Any]]:
    """Totals over all practices under a behaviour, by kind."""
    return {
        one["kind"]: one for one in document["behaviours"][behaviour]["quantities"] if not one["practice"]
    }


def _complete(document: dict[str, Any]) -> bool:
    """Whether all that the report reads is there, with finite numbers."""
    try:
        for one in document["behaviours"]:
            texts = one["behaviour"], one["words"]
            gain, budget = one["gain"], one["budget"]
            figures = [gain[key] for key in ("kept_share", "kept_share_low", "kept_share_high")]
            figures += [gain[key] for key in ("promised_qaly", "simulated_qaly", "low_qaly", "high_qaly")]
            figures.append(budget["over_share"])
            for quantity in one["quantities"]:
                texts += tuple(quantity[key] for key in ("kind", "practice", "of", "unit", "status"))
                keys = ("promised", "searched", "mean", "low", "high", "relative_error")
                figures += [quantity[key] for key in keys]
                figures.append(quantity["tier"])
            if not all(isinstance(text, str) for text in texts) or not all(map(_finite, figures)):
                return False
        for row in document["waterfall"]["quantities"]:
            figures = [row["searched"], row["simulated"], *row["changes"].values()]
            named = isinstance(row["kind"], str) and isinstance(row["practice"], str)
            if not named or not all(map(_finite, figures)):
                return False
        for row in document["failures"]:
            words = [row[key] for key in ("kind", "practice", "of", "words")]
            if not all(isinstance(text, str) for text in words) or not _finite(row["tier"]):
                return False
            _ = row["decides"]
        totals = quantities(document)
        lists = document["sentences"], document["assumed"]
        return (
            {"health_qaly", "outlay_usd"} <= set(totals)
            and all(isinstance(each, list) for each in lists)
            and all(_strings(document))
            and isinstance(document["replications"], int)
            and isinstance(document["seed"], int)
        )
    except (KeyError, TypeError, IndexError, AttributeError):
        return False


def _strings(document: dict[str, Any]) -> Iterator[bool]:
    yield from (isinstance(text, str) for text in document["sentences"])
    yield from (isinstance(text, str) for text in document["assumed"])


def _finite(value: object) -> bool:
    return value is None or (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    )


def _of_this(document: dict[str, Any], design: dict[str, Any]) -> bool:
    """Whether the same files were simulated, with the same promises."""
    try:
        same = all(document[part]["sha256"] == design[part]["sha256"] for part in ("instance", "model"))
    except (KeyError, TypeError):
        return False
    totals = quantities(document)
    searched = {
        "health_qaly": design["objective"]["health_qaly"],
        "outlay_usd": design["budget"]["outlay_usd"],
    }
    promised = design.get("foreseen") or searched
    pairs = [(totals[kind]["searched"], figure) for kind, figure in searched.items()]
    pairs += [(totals[kind]["promised"], promised[kind]) for kind in searched]
    return same and all(
        a is not None and b is not None and abs(a - b) <= CLOSE * max(1.0, abs(b)) for a, b in pairs
    )
