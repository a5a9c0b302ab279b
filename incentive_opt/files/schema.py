"""The formats as data: JSON Schema of the TOML files and the columns of the tables."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from incentive_opt.files.columns import TABLES, Column
from incentive_opt.files.schemas import ContractFile, InstanceFile, ModelFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_document() -> dict[str, Any]:
    """JSON Schema by file name; under ``tables`` the columns of each CSV table."""
    files: dict[str, type[BaseModel]] = {
        "instance.toml": InstanceFile,
        "models/NAME.toml": ModelFile,
        "contract.toml": ContractFile,
    }
    document: dict[str, Any] = {
        file: {"$schema": DIALECT, **model.model_json_schema()} for file, model in files.items()
    }
    document["tables"] = {layout.file: [_column(column) for column in layout.columns] for layout in TABLES}
    return document


def _column(column: Column) -> dict[str, Any]:
    entry: dict[str, Any] = {"column": column.name, "kind": column.kind, "optional": column.optional}
    if column.kind in ("number", "numbers", "weights", "multiples", "curve"):
        entry |= {"unit": column.unit, "lowest": column.lowest, "highest": column.highest}
        entry["lowest_is_allowed"] = not column.above_lowest
    if column.whole:
        entry["whole"] = True
    if column.choices:
        entry["choices"] = list(column.choices)
    if column.refers_to:
        entry["refers_to"] = column.refers_to
    return entry
