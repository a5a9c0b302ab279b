"""Reading a design instance: a folder with one TOML file and its tables."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from incentive_opt.domain.instance import Instance
from incentive_opt.files.build import build_instance
from incentive_opt.files.checks import check_document, check_tables
from incentive_opt.files.columns import TABLES
from incentive_opt.files.library import find_instance
from incentive_opt.files.problems import Problems, did_you_mean
from incentive_opt.files.schemas import InstanceFile
from incentive_opt.files.tables import Table, read_table
from incentive_opt.files.text import decode, read_bytes
from incentive_opt.files.toml_files import parse_toml, validate
from incentive_opt.files.uncertainty import build_uncertainty

INSTANCE_FILES: tuple[str, ...] = ("instance.toml", *(layout.file for layout in TABLES))
"""The files of an instance, in the order in which they are hashed."""


def read_instance(name_or_path: str | Path, name: str = "") -> Instance:
    """Read and check a design instance.

    Parameters
    ----------
    name_or_path : str or Path
        Name of a shipped instance, or a folder.
    name : str
        What to call it; without it, the name of the folder.

    Returns
    -------
    Instance
        Everything that is known before a contract is chosen.

    Raises
    ------
    InputError
        With every problem found in all of its files.
    """
    folder = find_instance(name_or_path)
    name = name or folder.resolve().name
    problems = Problems()
    contents = _read_files(folder, name, problems)
    text = decode(contents.get("instance.toml", b""), f"{name}/instance.toml", problems) or ""
    raw = parse_toml(text, f"{name}/instance.toml", problems)
    document = None if raw is None else validate(raw, InstanceFile, text, f"{name}/instance.toml", problems)
    tables = _read_tables(contents, name, problems)
    if raw is not None:
        check_document(raw, tables, text, f"{name}/instance.toml", problems)
    check_tables(tables, raw, document, problems)
    problems.raise_if_any()
    assert document is not None
    instance = build_instance(name, document, tables)
    unsure = build_uncertainty(tables, raw or {})
    return replace(instance, uncertainty=unsure, sha256=hash_files(contents), path=str(folder))


def hash_files(contents: dict[str, bytes]) -> str:
    """SHA-256 over the files of an instance; the same wherever the folder stands."""
    digest = hashlib.sha256()
    for file in INSTANCE_FILES:
        if file in contents:
            digest.update(f"{file}\0{len(contents[file])}\0".encode())
            digest.update(contents[file])
    return digest.hexdigest()


def _read_files(folder: Path, name: str, problems: Problems) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    optional = {layout.file for layout in TABLES if layout.optional}
    for file in INSTANCE_FILES:
        if file in optional and not (folder / file).exists():
            continue
        content = read_bytes(
            folder / file, f"{name}/{file}", problems, "See instances/README.md for its columns."
        )
        if content is not None:
            contents[file] = content
    for path in sorted(folder.glob("*.csv")):
        if path.name not in INSTANCE_FILES:
            remedy = did_you_mean(path.name, INSTANCE_FILES)
            problems.add(f"{name}/{path.name}", "", "", "only the tables of an instance", remedy)
    return contents


def _read_tables(contents: dict[str, bytes], name: str, problems: Problems) -> dict[str, Table]:
    tables = {}
    for layout in TABLES:
        shown = f"{name}/{layout.file}"
        content = contents.get(layout.file)
        text = None if content is None else decode(content, shown, problems)
        if text is not None:
            tables[layout.file] = read_table(text, layout, shown, problems)
        else:
            missing_is_fine = layout.optional and content is None
            tables[layout.file] = Table(layout, shown, readable=missing_is_fine)
    return tables
