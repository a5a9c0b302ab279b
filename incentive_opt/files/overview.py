"""A line for each thing that ships, without reading all of it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from incentive_opt.files.library import shipped_instances, shipped_models


def overview(kind: str) -> list[dict[str, str]]:
    """Name, title and description of the shipped ``instances`` or ``models``."""
    if kind == "instances":
        files = {name: folder / "instance.toml" for name, folder in shipped_instances().items()}
    else:
        files = shipped_models()
    return [{"name": name, **_words(file)} for name, file in files.items()]


def _words(file: Path) -> dict[str, str]:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {"title": "(cannot be read: `check` says why)", "description": ""}
    return {part: str(document.get(part, "")) for part in ("title", "description")}
