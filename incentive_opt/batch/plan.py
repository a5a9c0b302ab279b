"""From a study to orders: every file read and checked once, every problem told at once."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from incentive_opt.batch.order import GivenInstance, GivenModel, Order
from incentive_opt.batch.study import Product, Study
from incentive_opt.domain.curve import MOST_CUTS
from incentive_opt.domain.kinds import MOST_KINDS, differ
from incentive_opt.errors import InputError, Problem
from incentive_opt.files import read_instance, read_model
from incentive_opt.files.instances import INSTANCE_FILES
from incentive_opt.files.library import find_instance, find_model
from incentive_opt.files.settings import Scalar, with_setting

ASKED = "what was asked for"
MOST_TASKS = 1_000_000
Scenario = tuple[tuple[str, Scalar], ...]


@dataclass(frozen=True)
class _Known:
    """Things that were read, by what they were called.

    Attributes
    ----------
    alike : set of str
        Instances in which practices of a type are alike, by name.
    """

    instances: dict[tuple[str, Scenario], GivenInstance]
    models: dict[str, GivenModel]
    alike: set[str]


def plan(study: Study) -> list[Order]:
    """Every task once, in the order in which instances, models, changes and seeds were named.

    Raises
    ------
    InputError
        With every problem of files, changes and terms.
    """
    problems: list[Problem] = []
    number = sum(_size(product) for product in study.products)
    if number > MOST_TASKS:
        raise InputError([Problem(ASKED, "tasks", f"{number:,}", f"at most {MOST_TASKS:,} tasks")])
    known = _Known({}, {}, set())
    with tempfile.TemporaryDirectory(prefix="incentive-opt-") as scratch:
        for product in study.products:
            problems += _read_models(product, known)
            problems += _read_instances(product, known, Path(scratch))
            problems += _kinds(product, study, known)
    problems += _same_names(known)
    if problems:
        raise InputError(list(dict.fromkeys(problems)))
    orders = (order for product in study.products for order in _orders(product, study, known))
    return list({order.key: order for order in orders}.values())


def in_utf8(name: str) -> bool:
    """Whether a name can be written down in the batch's files."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _size(product: Product) -> int:
    size = len(product.instances) * len(product.models) * len(product.seeds)
    for _, values in product.settings:
        size *= len(values)
    return size


def _scenarios(product: Product) -> list[Scenario]:
    keys = [key for key, _ in product.settings]
    return [
        tuple(zip(keys, values, strict=True))
        for values in itertools.product(*(values for _, values in product.settings))
    ]


def _orders(product: Product, study: Study, known: _Known) -> Iterator[Order]:
    terms = product.terms_of(study.terms)
    for name, model, scenario, seed in itertools.product(
        product.instances, product.models, _scenarios(product), product.seeds
    ):
        yield Order(known.instances[name, scenario], known.models[model], seed, terms)


def _read_models(product: Product, known: _Known) -> list[Problem]:
    problems = []
    for given in product.models:
        if given in known.models:
            continue
        files = []
        for part in [given] if Path(given).is_file() else given.split("+"):
            try:
                path = find_model(part)
                if not in_utf8(str(path)):
                    shown = str(path).encode(errors="replace").decode()
                    raise InputError([Problem(shown, "", "", "a name in UTF-8", "Rename the file.")])
                content = path.read_bytes()
                read_model(path)
                files.append((path.stem, content))
            except InputError as error:
                problems += error.problems
        known.models[given] = GivenModel(tuple(files))
    return problems


def _read_instances(product: Product, known: _Known, scratch: Path) -> list[Problem]:
    """Read each instance and each changed copy of it, from the bytes that the tasks will get."""
    problems: list[Problem] = []
    for given in product.instances:
        try:
            folder = find_instance(given)
            files = _bytes_of(folder)
        except InputError as error:
            problems += error.problems
            continue
        name = folder.resolve().name
        if not in_utf8(str(folder)):
            shown = str(folder).encode(errors="replace").decode()
            problems.append(Problem(shown, "", "", "a name in UTF-8", "Rename the folder."))
            continue
        found: list[Problem] = []
        singles = [((key, value),) for key, values in product.settings for value in values]
        for scenarios in (
            [()],
            singles,
            _scenarios(product),
        ):  # each only where all before is well
            for scenario in scenarios if not found else []:
                if (given, scenario) in known.instances:
                    continue
                try:
                    known.instances[given, scenario] = _changed(name, files, scenario, known, scratch)
                except InputError as error:
                    found += error.problems if not scenario else _named(error, scenario)
        problems += found
    return problems


def _bytes_of(folder: Path) -> dict[str, bytes]:
    try:
        return {file: (folder / file).read_bytes() for file in INSTANCE_FILES if (folder / file).is_file()}
    except OSError as error:
        raise InputError([Problem(str(folder), "", str(error.strerror), "files that can be read")]) from error


def _changed(
    name: str, files: dict[str, bytes], scenario: Scenario, known: _Known, scratch: Path
) -> GivenInstance:
    """An instance with changes, checked as if it stood in a folder of its own."""
    content = dict(files)
    if scenario:
        text = content["instance.toml"].decode("utf-8-sig")
        for key, value in scenario:
            text = with_setting(text, key, value, f"{name}/instance.toml")
        content["instance.toml"] = text.encode("utf-8")
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        for file, data in content.items():
            (Path(folder) / file).write_bytes(data)
        read = read_instance(folder, name=name)
    if not differ(read):
        known.alike.add(name)
    return GivenInstance(name, read.sha256, content, scenario)


def _kinds(product: Product, study: Study, known: _Known) -> list[Problem]:
    """What is wrong with the numbers of kinds and of pieces that are asked for."""
    terms = product.terms_of(study.terms)
    kinds = terms.kinds
    large = [
        Problem(ASKED, name, str(number), f"a whole number from 1 to {most}")
        for name, number, most in (("kinds", kinds, MOST_KINDS), ("pieces", terms.pieces, MOST_CUTS))
        if number > most
    ]
    if large:
        return large
    names = {one.name for (given, _), one in known.instances.items() if given in product.instances}
    return [
        Problem(ASKED, "kinds", str(kinds), f"1, because practices of a type are alike in {name}")
        for name in sorted(names & known.alike)
        if kinds > 1
    ]


def _named(error: InputError, scenario: Scenario) -> list[Problem]:
    """Problems with a changed copy, which stands in no file: with what was changed."""
    changes = ", ".join(f"{key}={value}" for key, value in scenario)
    return [
        one if one.where.startswith("set ") else replace(one, file=f"{one.file} with {changes}")
        for one in error.problems
    ]


def _same_names(known: _Known) -> list[Problem]:
    """Two different things of the same name could not be told apart in the table."""
    problems = []
    originals = {key[0]: one for key, one in known.instances.items() if not key[1]}
    for kind, things in (("instances", originals.values()), ("models", known.models.values())):
        hashes: dict[str, set[str]] = {}
        for one in things:
            hashes.setdefault(one.name, set()).add(one.sha256)
        for name in (name for name, different in hashes.items() if len(different) > 1):
            expected = f"different names for different {kind}"
            problems.append(Problem(ASKED, kind, name, expected, "Rename one of them."))
    return problems
