"""Run folders for the tests of reports, and texts that a page or a spreadsheet might take for commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from incentive_opt.files import read_instance, read_model
from incentive_opt.solve import solve

SCRIPT = "<script>alert(1)</script>"
FORMULA = "=cmd|' /C calc'!A0"
LONG = "A" * 10_000
OTHER_WAY = "\u202eעברית مرحبا 🧒🏽👩\u200d⚕️ $x_{$ &amp; \"'"
ON_PAGES = (SCRIPT, LONG, OTHER_WAY, "<svg onload=alert(1)>", "]]> <!-- ]]>", "{{ 7 * 7 }}", "\x07\x1b[31m")
"""What a page, a picture or a template might take for more than text."""
IN_TABLES = (FORMULA, "@SUM(1+1)", "-2+3", "+1", "\t=1")
"""What a spreadsheet might."""


def solved(folder: Path, model: str = "quality_bonus") -> Path:
    """A run folder of two_practices, some seconds old."""
    read = read_instance("two_practices")
    solve(read, read_model(model, read), seed=0).write(folder)
    return folder


def rewrite(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a JSON file."""
    document = json.loads(file.read_text(encoding="utf-8"))
    change(document)
    file.write_text(json.dumps(document), encoding="utf-8")


def spread(run: Path, text: str) -> None:
    """Put a text wherever design.json and validation.json may hold any: titles, labels, notes, sentences."""

    def in_design(design: dict[str, Any]) -> None:
        design["instance"]["title"] = design["model"]["title"] = text
        design["notes"] = [text]
        for names in design["labels"].values():
            for key in names:
                names[key] = text
        for price in design["shadow_prices"]:
            price["basis"] = text
        for rule in design["certificate"]["rules"]:
            rule["rule"] = rule["detail"] = text

    def in_validation(found: dict[str, Any]) -> None:
        found["sentences"] = found["assumed"] = [text]
        for one in found["behaviours"]:
            one["behaviour"] = one["words"] = text
        for one in found["failures"]:
            one["words"] = text

    rewrite(run / "design.json", in_design)
    if (run / "validation.json").exists():
        rewrite(run / "validation.json", in_validation)
