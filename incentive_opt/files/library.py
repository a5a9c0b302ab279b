"""Finding instances and payment models, by name in the shipped library or by path."""

from __future__ import annotations

import os
from pathlib import Path

from incentive_opt.errors import InputError, Problem
from incentive_opt.files.problems import nearest


def library_folder(kind: str) -> Path:
    """The shipped folder ``instances`` or ``models``.

    Inside the package where it was installed, beside the package in a checkout.
    """
    package = Path(__file__).resolve().parent.parent
    inside = package / kind
    return inside if inside.is_dir() else package.parent / kind


def shipped_instances() -> dict[str, Path]:
    """Instances that ship: name and folder."""
    folder = library_folder("instances")
    return {path.parent.name: path.parent for path in sorted(folder.glob("*/instance.toml"))}


def shipped_models() -> dict[str, Path]:
    """Payment models that ship: name and file."""
    return {path.stem: path for path in sorted(library_folder("models").glob("*.toml"))}


def find_instance(name_or_path: str | Path) -> Path:
    """Folder of an instance; a folder that holds an instance.toml goes before a shipped name."""
    path = Path(name_or_path)
    if path.name == "instance.toml" and path.is_file():
        return _in_utf8(path.parent)
    if (path / "instance.toml").is_file():
        return _in_utf8(path)
    shipped = shipped_instances()
    if str(name_or_path) in shipped:
        return shipped[str(name_or_path)]
    if path.exists():
        raise InputError([_not_an_instance(path)])
    raise InputError([_unknown("instance", name_or_path, shipped)])


def find_model(name_or_path: str | Path) -> Path:
    """File of a payment model; an existing file goes before a shipped name."""
    path = Path(name_or_path)
    if path.is_file():
        return _in_utf8(path)
    shipped = shipped_models()
    if str(name_or_path) in shipped:
        return shipped[str(name_or_path)]
    if path.is_dir():
        expected = "the file of a payment model, which ends in .toml"
        raise InputError([Problem(str(name_or_path), "", "", expected, "This is a folder.")])
    raise InputError([_unknown("payment model", name_or_path, shipped)])


def _in_utf8(path: Path) -> Path:
    """The path, whose last part is a name that stands in the files that are written."""
    name = path.resolve().name
    if (shown := name.encode(errors="replace").decode()) != name:
        raise InputError([Problem(shown, "", "", "a name in UTF-8", "Rename it.")])
    return path


def _not_an_instance(path: Path) -> Problem:
    """Say what stands at a path that is there, but holds no instance."""
    expected, remedy = "a folder with an instance.toml", "See instances/README.md."
    if path.is_file():
        expected, remedy = "an instance, which is a folder", "This is a file."
        if (path.parent / "instance.toml").is_file():
            remedy += f" Give its folder, {path.parent}."
    elif (path / "design.json").is_file():
        remedy = f"This is a design; its instance is in {path / 'instance'}."
    return Problem(str(path), "", "", expected, remedy)


def _unknown(kind: str, name: str | Path, shipped: dict[str, Path]) -> Problem:
    text = str(name)
    if os.sep in text or "/" in text or text.endswith(".toml"):
        return Problem(
            text,
            "",
            "",
            f"the path of a{'n' if kind[0] in 'aeiou' else ''} {kind}",
            "There is nothing at this path.",
        )
    close = nearest(text, shipped)
    guess = f"Did you mean {close!r}? " if close else ""
    every = f"These ship: {', '.join(shipped)}." if shipped else "None ships with this version; give a path."
    remedy = guess + every
    return Problem(text, "", "", f"the name of a shipped {kind}, or a path", remedy)
