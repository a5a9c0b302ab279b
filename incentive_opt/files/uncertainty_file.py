"""A table of uncertain parameters that stands elsewhere than in the folder of its instance."""

from __future__ import annotations

import tomllib
from pathlib import Path

from incentive_opt.domain.instance import Instance
from incentive_opt.domain.uncertain import Uncertain
from incentive_opt.files.columns import TABLES, UNCERTAINTY
from incentive_opt.files.problems import Problems, did_you_mean
from incentive_opt.files.tables import Table, read_table
from incentive_opt.files.text import decode, read_bytes
from incentive_opt.files.uncertainty import build_uncertainty, check_uncertainty


def read_uncertainty(path: str | Path, instance: Instance) -> tuple[Uncertain, ...]:
    """Read and check uncertain parameters of an instance, in place of its own.

    Parameters
    ----------
    path : str or Path
        A file with the columns of uncertainty.csv.
    instance : Instance
        Read from files, which are read again for what its numbers are.

    Raises
    ------
    InputError
        With every problem found.
    """
    problems, shown = Problems(), str(path)
    content = read_bytes(Path(path), shown, problems, "See instances/README.md for its columns.")
    text = None if content is None else decode(content, shown, problems)
    problems.raise_if_any()
    assert text is not None
    table = read_table(text, UNCERTAINTY, shown, problems)
    home = Path(instance.path)
    raw = tomllib.loads((home / "instance.toml").read_text(encoding="utf-8-sig"))
    tables = {layout.file: _as_it_was(home, layout.file) for layout in TABLES} | {UNCERTAINTY.file: table}
    for row in table.rows:
        for key in row.names("source"):
            if key not in instance.sources:
                expected, remedy = (
                    "a source of [sources] in instance.toml",
                    did_you_mean(key, instance.sources),
                )
                problems.add(row.file, f"{row.where}, source", key, expected, remedy)
    check_uncertainty(tables, raw, problems)
    problems.raise_if_any()
    return build_uncertainty(tables, raw)


def _as_it_was(home: Path, file: str) -> Table:
    """A table of an instance that holds no problem."""
    layout = next(layout for layout in TABLES if layout.file == file)
    if not (home / file).is_file():
        return Table(layout, file)
    return read_table((home / file).read_text(encoding="utf-8-sig"), layout, file, Problems())
