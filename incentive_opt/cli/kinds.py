"""What a name or path stands for, so that the wrong kind of thing is told by what it is."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from incentive_opt.domain.lines import LINE_KINDS

if TYPE_CHECKING:
    from incentive_opt.errors import Problem

INSTANCE, MODEL, CONTRACT, DESIGN = "an instance", "a payment model", "a contract", "a design"


def kind_of(name: str | Path) -> str:
    """Which of the four kinds a name or path stands for; empty where it is none or cannot be told."""
    from incentive_opt.files.library import shipped_instances, shipped_models

    path, text = Path(name), str(name)
    if path.is_dir():
        if (path / "design.json").is_file():
            return DESIGN
        return INSTANCE if (path / "instance.toml").is_file() else ""
    if path.is_file():
        return _kind_of_file(path)
    if text in shipped_instances():
        return INSTANCE
    return MODEL if text in shipped_models() else ""


def name_of_model(model: str) -> str:
    """The name of a model, or of several joined by ``+``, without folders and endings."""
    return "+".join(Path(part).stem for part in model.split("+"))


def _kind_of_file(path: Path) -> str:
    if path.name == "design.json":
        return DESIGN
    if path.suffix == ".json":
        return ""
    try:
        keys = set(tomllib.loads(path.read_bytes().decode("utf-8-sig")))
    except (OSError, ValueError, RecursionError):
        return ""
    if "levers" in keys:
        return MODEL
    if "income" in keys or path.name == "instance.toml":
        return INSTANCE
    return (
        CONTRACT
        if keys & {"fees", "capitation", "bonuses", *(line.table for line in LINE_KINDS.values())}
        else ""
    )


def no_design(name: str | Path, option: str = "") -> list[Problem]:
    """The problem with something that is clearly no design; nothing where it may be one.

    Parameters
    ----------
    option : str
        The option that it was given with; empty for an argument.
    """
    kind = kind_of(name)
    remedies = {
        INSTANCE: f"`solve {name} --out DIR` makes a design for it.",
        MODEL: f"`solve INSTANCE --model {name} --out DIR` makes a design of it.",
        CONTRACT: _instead(Path(name), option),
    }
    return _wrong(str(name), kind, option, "the folder of a design, or the design.json in it", remedies)


def no_contract(name: str | Path, option: str = "--contract") -> list[Problem]:
    """The problem with something that is clearly no contract; nothing where it may be one."""
    remedies = {
        INSTANCE: f"`show {name} --contract` writes its contract in force as a file to start from.",
        MODEL: f"`solve INSTANCE --model {name} --out DIR` designs a contract of it.",
    }
    expected = "a contract file, the folder of a design, or status_quo"
    return _wrong(str(name), kind_of(name), option, expected, remedies)


def _instead(path: Path, option: str) -> str:
    """What to do with a contract where a design is wanted."""
    if (path.parent / "design.json").is_file():
        return f"Give its folder, {path.parent}."
    if option:
        return "Give it with --contract."
    return "`evaluate INSTANCE --contract FILE` says what a contract of your own does."


def _wrong(name: str, kind: str, option: str, expected: str, remedies: dict[str, str]) -> list[Problem]:
    from incentive_opt.errors import Problem

    if kind not in remedies:
        return []
    file, where, value = ("command line", option, name) if option else (name, "", "")
    return [Problem(file, where, value, expected, f"This is {kind}. {remedies[kind]}")]
