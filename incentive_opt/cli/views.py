"""What ``show`` prints of an instance, a model, a contract or a design."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from incentive_opt.cli.units import unit_of
from incentive_opt.errors import InputError, Problem
from incentive_opt.files.columns import TABLES, Column
from incentive_opt.files.contracts import read_contract
from incentive_opt.files.designs import load_design
from incentive_opt.files.instances import read_instance
from incentive_opt.files.library import find_model, shipped_instances, shipped_models
from incentive_opt.files.models import read_model
from incentive_opt.files.problems import Problems, did_you_mean
from incentive_opt.files.provenance import NumberCount, count_model_numbers, count_numbers
from incentive_opt.files.tables import Row, read_table

TERMS = ["key", "value", "unit", "source"]
TableView = tuple[str, list[str], list[list[Any]]]


@dataclass
class Page:
    """What to print: lines, then tables (title, columns, rows); and the same as one document.

    Attributes
    ----------
    statuses : dict
        Status of each source that the tables name.
    keys : dict
        How many columns name a row, by the title of a table; one where nothing is said.
    """

    document: dict[str, Any]
    heading: list[str]
    tables: list[TableView] = field(default_factory=list)
    statuses: dict[str, str] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)


def page_of(name: str) -> Page:
    """The page of whatever the name or path stands for."""
    path = Path(name)
    if path.is_dir() and (path / "design.json").is_file():
        return design_page(name)
    if path.is_dir() or path.name == "instance.toml":
        return instance_page(name)
    if path.is_file():
        return _file_page(path)
    if name in shipped_instances():
        return instance_page(name)
    if name in shipped_models():
        return model_page(name)
    known = [*shipped_instances(), *shipped_models()]
    expected = "the name of something that ships, or the path of an instance, model, contract or design"
    raise InputError([Problem(name, "", "", expected, f"{did_you_mean(name, known)} `list` names all.")])


def _file_page(path: Path) -> Page:
    if path.suffix == ".json":
        return design_page(str(path))
    try:
        keys = set(tomllib.loads(path.read_bytes().decode("utf-8-sig")))
    except ValueError:
        keys = set()  # the strict reader below says what is wrong
    reader: Callable[[str], Page] = model_page if "levers" in keys else contract_page
    return reader(str(path))


def instance_page(name: str) -> Page:
    """An instance: its terms, its tables as they stand in the files, its sources."""
    instance = read_instance(name)
    folder = Path(instance.path)
    raw = tomllib.loads((folder / "instance.toml").read_text(encoding="utf-8-sig"))
    numbers = count_numbers(folder)
    heading = [
        f"{instance.name}: {instance.title}",
        instance.description,
        _assumed(numbers),
    ]
    tables: list[TableView] = [("Terms (instance.toml)", TERMS, _terms(raw))]
    document: dict[str, Any] = {"kind": "instance", "name": instance.name, "sha256": instance.sha256}
    document |= {"instance.toml": raw, "tables": {}, "numbers_by_status": numbers.by_status}
    document["assumption_share"] = numbers.assumption_share
    for layout in TABLES:
        if (folder / layout.file).exists():
            text = (folder / layout.file).read_text(encoding="utf-8-sig")
            read = read_table(text, layout, layout.file, Problems())
            used = [
                column for column in layout.columns if any(row.cells.get(column.name) for row in read.rows)
            ]
            rows = [[row.values.get(column.name) for column in used] for row in read.rows]
            shown = [[_cell(row, column.name) for column in used] for row in read.rows]
            tables.append((layout.file, [_heading(column) for column in used], shown))
            names = [column.name for column in used]
            document["tables"][layout.file] = [dict(zip(names, row, strict=True)) for row in rows]
    assumed = instance.simulation.assumed()
    document["simulation_assumed"] = assumed
    if assumed:
        tables.append(
            ("Taken by the simulator where the files say nothing", ["what"], [[w] for w in assumed])
        )
    by_status = [[status, count] for status, count in numbers.by_status.items()]
    tables.append(("Numbers by the status of their source", ["status", "numbers"], by_status))
    keys = {layout.file: len(layout.keys) for layout in TABLES}
    return Page(document, heading, [*tables, _sources(raw)], _statuses(raw), keys)


def model_page(name: str) -> Page:
    """A payment model: its levers with bounds and units, its rules, its sources."""
    model = read_model(name)
    raw = tomllib.loads(find_model(name).read_text(encoding="utf-8-sig"))
    rows = [
        [
            lever.kind,
            ", ".join(lever.of) or "all",
            lever.lower,
            lever.upper,
            lever.lower_multiple,
            lever.upper_multiple,
            lever.unit,
            lever.source,
        ]
        for lever in model.levers
    ]
    columns = [
        "lever",
        "of",
        "lower",
        "upper",
        "lower [x status quo]",
        "upper [x status quo]",
        "unit",
        "source",
    ]
    rules = _terms(
        {name: raw[name] for name in ("count_closed_elsewhere", "rules", "sharing") if name in raw}
    )
    numbers = count_model_numbers(raw)
    document: dict[str, Any] = {"kind": "model", "name": model.name, "sha256": model.sha256, "model": raw}
    document |= {"numbers_by_status": numbers.by_status, "assumption_share": numbers.assumption_share}
    tables: list[TableView] = [("Levers", columns, rows)]
    if rules:
        tables.append(("Rules", TERMS, rules))
    heading = [f"{model.name}: {model.title}", model.description, _assumed(numbers)]
    return Page(document, heading, [*tables, _sources(raw)], _statuses(raw))


def _assumed(numbers: NumberCount) -> str:
    """How much of what the files say is assumption."""
    return f"{100 * numbers.assumption_share:.0f} % of {numbers.total} numbers are assumptions or unsourced."


def contract_page(path: str) -> Page:
    """A contract: every price with its unit, and its terms."""
    from incentive_opt.cli.contract_page import document, tables

    contract = read_contract(path)
    return Page(document(contract), [contract.title or "A contract without a title"], [*tables(contract)])


def design_page(path: str) -> Page:
    """A design: health, money, prices, practices and the certificate."""
    from incentive_opt.cli.design_page import heading, tables

    design = load_design(path)
    lines = [*heading(design), *_simulated(Path(path))]
    document, more = _terms_beside(Path(path))
    return Page({"kind": "design", "design": design} | document, lines, [*tables(design), *more])


def _terms_beside(path: Path) -> tuple[dict[str, Any], list[TableView]]:
    """Terms of the contract beside a design that are no prices: as data, and as a table."""
    from incentive_opt.cli.contract_page import terms_document, terms_table

    try:
        contract = read_contract(path if path.is_dir() else path.parent)
    except InputError:  # no contract there, or one that `verify` complains of
        return {}, []
    return terms_document(contract), terms_table(contract)


def _simulated(path: Path) -> list[str]:
    """What a validation beside the design found, in its own first words; or that there was none."""
    folder = path if path.is_dir() else path.parent
    try:
        found = json.loads((folder / "validation.json").read_text(encoding="utf-8"))
        said = [str(sentence) for sentence in found["sentences"][:3]]
    except (OSError, ValueError, KeyError, TypeError):
        return ["Not simulated yet: `validate` says what the promises are worth."]
    return [f"Simulated: {said[0]}", *said[1:]] if said else []


def _terms(raw: dict[str, Any]) -> list[list[Any]]:
    """Keys and values of a TOML document, each with its unit and the source of its table."""
    rows: list[list[Any]] = []

    def walk(part: dict[str, Any], at: str, source: str) -> None:
        source = part.get("source", source)
        for key, value in part.items():
            name = f"{at}.{key}" if at else key
            if name in ("sources", "title", "description") or key == "source":
                continue
            if isinstance(value, dict):
                walk(value, name, source)
            elif isinstance(value, list):
                for index, item in enumerate(value, 1):
                    walk(item, f"{name}[{index}]", source)
            else:
                rows.append([name, value, unit_of(name) if _is_number(value) else "", source])

    walk(raw, "", "")
    return rows


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _sources(raw: dict[str, Any]) -> TableView:
    entries: dict[str, dict[str, str]] = raw.get("sources", {})
    rows = [[key, entry["status"], entry["citation"]] for key, entry in entries.items()]
    return "Sources", ["key", "status", "citation"], rows


def _statuses(raw: dict[str, Any]) -> dict[str, str]:
    return {key: entry["status"] for key, entry in raw.get("sources", {}).items()}


def _heading(column: Column) -> str:
    return f"{column.name} [{column.unit}]" if column.unit else column.name


def _cell(row: Row, column: str) -> object:
    """Single values by what they mean, lists as they are written."""
    value = row.values.get(column)
    return row.cells[column] if isinstance(value, Sequence | dict) else value
