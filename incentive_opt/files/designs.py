"""Reading and writing designs: design.json and the run folder around it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.errors import InputError, Problem
from incentive_opt.files.contracts import read_contract, write_contract
from incentive_opt.files.design_schema import DesignFile
from incentive_opt.files.instances import INSTANCE_FILES, hash_files, read_instance
from incentive_opt.files.library import find_model
from incentive_opt.files.models import read_model
from incentive_opt.files.problems import Problems
from incentive_opt.files.text import decode, nested_too_deep, read_bytes
from incentive_opt.files.toml_files import validate
from incentive_opt.files.writing import csv_text, write_atomically


def load_design(path: str | Path) -> dict[str, Any]:
    """Read and check a design.

    Parameters
    ----------
    path : str or Path
        A design.json, or the run folder that holds it.

    Returns
    -------
    dict
        The design as it stands in the file.

    Raises
    ------
    InputError
        With every problem found: missing fields, NaN, wrong types.
    """
    file = _design_file(path)
    shown = str(file)
    problems = Problems()
    content = read_bytes(file, shown, problems, "Give a design.json or the folder that holds one.")
    text = None if content is None else decode(content, shown, problems)
    design = None if text is None else _parse_json(text, shown, problems)
    if isinstance(design, dict):
        for where, value in _numbers(design):
            if not math.isfinite(value):
                problems.add(shown, where, value, "a finite number; NaN and infinity are not allowed")
        validate(design, DesignFile, "", shown, problems, finite_told=True)
    elif design is not None:
        problems.add(shown, "", "", "a JSON object")
    problems.raise_if_any()
    assert isinstance(design, dict)
    return design


def read_run_folder(path: str | Path) -> tuple[dict[str, Any], Instance, PaymentModel, Contract]:
    """A design with the instance, model and contract kept beside it: all from the run folder's files.

    Raises
    ------
    InputError
        Where a file is missing or bad, or is not the one the design was made from.
    """
    design = load_design(path)
    folder = _design_file(path).parent
    problems = Problems()
    if not (folder / "instance" / "instance.toml").is_file():
        _refuse(
            f"{folder}/instance",
            "the copy of the instance that is kept with a design",
            "Copy the whole run folder, not only design.json.",
        )
    instance = read_instance(folder / "instance", name=design["instance"]["name"])
    model = read_model(folder / "model.toml", instance, name=design["model"]["name"])
    for part, read, where in (
        ("instance", instance.sha256, "instance"),
        ("model", model.sha256, "model.toml"),
    ):
        if design[part]["sha256"] != read:
            problems.add(
                f"{folder}/{where}",
                "",
                f"sha256 {read[:12]}…",
                f"the {part} the design was made from, sha256 {design[part]['sha256'][:12]}…",
                "It was changed after the design was made.",
            )
    problems.raise_if_any()
    return design, instance, model, read_contract(folder / "contract.toml", instance)


def check_run_folder(folder: str | Path) -> bool:
    """Whether an earlier design stands in a folder that may take a new one.

    Raises
    ------
    InputError
        Where files that are no design would be mixed with one or overwritten: in the folder of an
        instance, and in any folder that holds something and no design.json.
    """
    path = Path(folder)
    remedy = "Name a new folder, or that of an earlier design."
    if (path / "instance.toml").exists():
        _refuse(
            f"{path}, where the design should go", "a folder of its own; this one holds an instance", remedy
        )
    earlier = (path / "design.json").exists()
    if not earlier and path.is_dir() and any(path.iterdir()):
        _refuse(
            f"{path}, where the design should go",
            "an empty folder or an earlier design; this one holds other files",
            remedy,
        )
    return earlier


def write_design(design: Mapping[str, Any], path: str | Path) -> None:
    """Write design.json, whole or not at all; NaN and infinities are refused."""
    try:
        text = json.dumps(design, indent=2, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        places = [where for where, value in _numbers(design) if not math.isfinite(value)]
        raise ValueError(f"a design holds numbers that are not finite: {', '.join(places)}") from error
    write_atomically(path, text + "\n")


def write_run_folder(
    directory: str | Path,
    design: Mapping[str, Any],
    contract: Contract,
    responses_rows: Sequence[Mapping[str, object]],
    log: str,
    instance: Instance,
    model: PaymentModel | None = None,
) -> None:
    """Write everything that is known of a design, so that it can be verified from these files alone.

    ``instance/`` and ``model.toml`` (copies), ``responses.csv``, ``run.log``, ``contract.toml`` and,
    last, ``design.json``: where it stands, the rest is complete.

    Parameters
    ----------
    directory : str or Path
        The run folder; made where it does not exist.
    design : mapping
        In the layout of ``DesignFile``.
    contract : Contract
        What a payer would sign.
    responses_rows : sequence of mappings
        Rows of responses.csv.
    log : str
        What happened while solving.
    instance, model : Instance, PaymentModel
        What was solved. Without a model it is found by ``design["model"]["name"]``.
    """
    folder = Path(directory)
    _copy_instance(instance, folder / "instance")
    (folder / "design.json").unlink(missing_ok=True)  # of an earlier run, until the rest is complete
    source = Path(model.path) if model is not None and model.path else find_model(design["model"]["name"])
    write_atomically(folder / "model.toml", source.read_bytes())
    write_atomically(folder / "responses.csv", csv_text(responses_rows))
    write_atomically(folder / "run.log", log if log.endswith("\n") else log + "\n")
    write_contract(contract, folder / "contract.toml")
    write_design(design, folder / "design.json")


def _copy_instance(instance: Instance, folder: Path) -> None:
    source = Path(instance.path)
    contents = {file: (source / file).read_bytes() for file in INSTANCE_FILES if (source / file).is_file()}
    if instance.sha256 and hash_files(contents) != instance.sha256:
        _refuse(
            str(source), "the instance as it was read", "Its files changed in the meantime; solve it again."
        )
    for file in INSTANCE_FILES:
        if file in contents:
            write_atomically(folder / file, contents[file])
        else:
            (folder / file).unlink(missing_ok=True)


def _refuse(file: str, expected: str, remedy: str) -> NoReturn:
    raise InputError([Problem(file, "", "", expected, remedy)])


def _design_file(path: str | Path) -> Path:
    file = Path(path)
    return file / "design.json" if file.is_dir() else file


def _parse_json(text: str, shown: str, problems: Problems) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        for name in dict.fromkeys(names):
            if names.count(name) > 1:
                problems.add(shown, "", name, "every field once in an object", "Remove one of them.")
        return dict(pairs)

    try:
        design = json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        problems.add(shown, f"line {error.lineno}", error.msg, "JSON", "The file is damaged; solve again.")
        return None
    except RecursionError:
        design = None
    except ValueError as error:  # a number of thousands of digits
        problems.add(shown, "", str(error), "numbers of sensible length")
        return None
    if design is None or nested_too_deep([design]):
        problems.add(shown, "", "nothing, or brackets within brackets without end", "a JSON object")
        return None
    return design


def _numbers(part: Any, where: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(part, Mapping):
        for key, value in part.items():
            yield from _numbers(value, f"{where}.{key}" if where else str(key))
    elif isinstance(part, list | tuple):
        for index, value in enumerate(part):
            yield from _numbers(value, f"{where}[{index}]")
    elif isinstance(part, float):
        yield where, part
