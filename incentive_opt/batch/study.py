"""What a batch is asked: products of instances, models, seeds and changed numbers; from a file or typed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from incentive_opt.batch.study_file import MOST_SEED, Changes, PartTable, StudyFile, read_study
from incentive_opt.batch.typed import words_of
from incentive_opt.errors import InputError, Problem
from incentive_opt.files.library import shipped_instances, shipped_models
from incentive_opt.files.problems import Problems
from incentive_opt.files.settings import Scalar

Setting = tuple[str, tuple[Scalar, ...]]
"""A key of instance.toml and the values it takes in turn."""
LONGEST = 1e9
"""Longest time limit [s]."""
SEEDS = 1_000_000
"""Seeds of one product at most."""


@dataclass(frozen=True)
class Product:
    """Every combination of these.

    Attributes
    ----------
    instances, models : tuple of str
        Names or paths; models may be joined by ``+``.
    seeds : tuple of int
    settings : tuple of (key, values)
        Scalars of instance.toml that are changed, each with the values it takes.
    terms : tuple of (name, value)
        Terms that these have in place of the study's.
    """

    instances: tuple[str, ...]
    models: tuple[str, ...]
    seeds: tuple[int, ...] = (0,)
    settings: tuple[Setting, ...] = ()
    terms: tuple[tuple[str, Any], ...] = ()

    def terms_of(self, study: Terms) -> Terms:
        """The study's terms, with those of its own."""
        return replace(study, **dict(self.terms))


@dataclass(frozen=True)
class Terms:
    """What every task is given.

    Attributes
    ----------
    gap : float
        A search stops when within this share of the best [1].
    time_limit : float
        A search stops after this time, with the best design found so far [s].
    iterations : int or None
        A search stops after so many iterations: the same design on every machine.
    kinds : int
        Kinds of practice told apart within each type.
    pieces : int
        Straight pieces in place of each of an effect curve's own.
    validate : bool
        Whether each design is verified and simulated.
    replications : int or None
        Simulated years of each contract and behaviour; as many as it takes to tell if None.
    report : bool
        Whether each design gets its report as a page.
    margin : float or None
        Incentive margin in place of the instance's [USD per practice and year, per 1 % of harm].
    """

    gap: float = 0.01
    time_limit: float = 300.0
    iterations: int | None = None
    kinds: int = 1
    validate: bool = False
    replications: int | None = None
    report: bool = False
    margin: float | None = None
    pieces: int = 1


@dataclass(frozen=True)
class Study:
    """All that is asked.

    Attributes
    ----------
    file : str
        The study file as it was named; empty where there is none.
    typed : tuple of str
        What was typed beside the study file, as words of a command.
    """

    products: tuple[Product, ...]
    terms: Terms = field(default_factory=Terms)
    title: str = ""
    file: str = ""
    typed: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As plain data, from which ``from_dict`` makes the same study."""
        return asdict(self)

    @staticmethod
    def from_dict(content: Mapping[str, Any]) -> Study:
        """The study that ``as_dict`` wrote down."""
        products = tuple(
            Product(
                tuple(one["instances"]),
                tuple(one["models"]),
                tuple(one["seeds"]),
                tuple((key, tuple(values)) for key, values in one["settings"]),
                tuple((name, value) for name, value in one.get("terms", ())),
            )
            for one in content["products"]
        )
        file, typed = content.get("file", ""), tuple(content.get("typed", ()))
        return Study(products, Terms(**content["terms"]), content["title"], file, typed)


def study_of(
    file: str | Path | None = None,
    instances: Sequence[str] = (),
    models: Sequence[str] = (),
    seeds: Sequence[int] = (),
    settings: Sequence[Setting] = (),
    terms: Mapping[str, Any] | None = None,
) -> Study:
    """A study from a file, from what was typed, or from both: what was typed goes before the top of the file.

    Parameters
    ----------
    terms : mapping
        Those of ``Terms`` that were given; None counts as not given.

    Raises
    ------
    InputError
        With every problem.
    """
    table = StudyFile(schema=1) if file is None else read_study(Path(file))
    folder = Path() if file is None else Path(file).parent
    problems = Problems()
    shown = "what was asked for" if file is None else str(file)
    products = [
        _product(part, table, folder, instances, models, seeds, settings, shown, problems)
        for part in table.parts or [PartTable()]
    ]
    given = {key: value for key, value in (terms or {}).items() if value is not None}
    chosen = Terms()
    for values in (table.terms(), given):
        chosen = replace(chosen, **values)
    for own in dict.fromkeys([chosen, *(product.terms_of(chosen) for product in products)]):
        if own.replications is not None and not own.validate:
            problems.add(shown, "replications", own.replications, "replications only with validate")
    if chosen.time_limit > LONGEST:
        problems.add(shown, "time_limit", chosen.time_limit, f"at most {LONGEST:g} seconds")
    for seed in {seed for product in products for seed in product.seeds if seed >= MOST_SEED}:
        problems.add(shown, "seeds", seed, "a seed below 2 to the power of 63")
    problems.raise_if_any()
    standing = tuple(_standing(product) for product in products)
    if file is None:
        return Study(standing, chosen, table.title)
    typed = words_of(instances, models, seeds, settings, given)
    return Study(standing, chosen, table.title, str(file), tuple(typed))


def _standing(product: Product) -> Product:
    """The product with files and folders named so that they are found from any other folder, too."""
    return replace(
        product,
        instances=tuple(_from_anywhere(name) for name in product.instances),
        models=tuple("+".join(_from_anywhere(part) for part in name.split("+")) for name in product.models),
    )


def _from_anywhere(name: str) -> str:
    """The whole path of what is there, which goes before a shipped name; a shipped name as it is."""
    path = Path(name)
    there = path.is_file() or (path / "instance.toml").is_file()
    return os.path.abspath(name) if there else name


def _product(
    part: PartTable,
    table: StudyFile,
    folder: Path,
    instances: Sequence[str],
    models: Sequence[str],
    seeds: Sequence[int],
    settings: Sequence[Setting],
    shown: str,
    problems: Problems,
) -> Product:
    """One product: what the part says, else what was typed, else what the top of the file says."""

    def named(own: list[str] | None, typed: Sequence[str], above: list[str] | None) -> tuple[str, ...]:
        if own is None and typed:
            return tuple(dict.fromkeys(typed))
        return tuple(dict.fromkeys(_beside(name, folder) for name in own or above or []))

    chosen = Product(
        named(part.instances, instances, table.instances),
        named(part.models, models, table.models),
        tuple(dict.fromkeys(seeds)) if part.seeds is None and seeds else _seeds(part.seeds, table.seeds),
        _settings(part.changes, settings, table.changes),
        tuple(part.terms().items()),
    )
    for name, things in (("instances", chosen.instances), ("models", chosen.models), ("seeds", chosen.seeds)):
        if not things:
            problems.add(shown, name, "", f"at least one of the {name}")
    if len(chosen.seeds) > SEEDS:
        problems.add(shown, "seeds", len(chosen.seeds), f"at most {SEEDS:,} seeds")
    for key, values in chosen.settings:
        if not values:
            problems.add(shown, f"set {key}", "", "at least one value")
    return chosen


def _beside(name: str, folder: Path) -> str:
    """A path as it is meant from the study file's folder; names of what ships stay names.

    Something else that has such a name, a batch's own folder say, does not stand in for what ships.
    """
    ships = {*shipped_instances(), *shipped_models()}

    def found(part: str) -> str:
        path = folder / part
        fits = path.is_file() or (path / "instance.toml").is_file()
        return str(path) if fits or (path.exists() and part not in ships) else part

    return found(name) if (folder / name).exists() else "+".join(map(found, name.split("+")))


def _seeds(own: int | list[int] | None, above: int | list[int] | None) -> tuple[int, ...]:
    """A list as it is, a number as so many from 0; 0 where nothing is said."""
    chosen = own if own is not None else above
    if chosen is None:
        return (0,)
    if isinstance(chosen, int):
        return tuple(range(min(chosen, SEEDS + 1)))
    return tuple(dict.fromkeys(chosen))


def _settings(own: Changes | None, typed: Sequence[Setting], above: Changes | None) -> tuple[Setting, ...]:
    """Settings of the file's top, over them what was typed, over them the part's own; one for each key."""
    merged: dict[str, tuple[Scalar, ...]] = {}
    for changes in (above or {}, dict(typed), own or {}):
        for key, values in changes.items():
            merged[key] = tuple(dict.fromkeys(values if isinstance(values, list | tuple) else [values]))
    return tuple(merged.items())


def parse_seeds(text: str, first: int = 0) -> tuple[int, ...]:
    """``5``: so many from the first on; ``3,7,11``: these.

    Raises
    ------
    InputError
        Where the text is neither.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        expected = "a number of seeds (5), or the seeds with commas between them (3,7,11)"
        raise InputError([Problem("what was asked for", "seeds", text, expected)])
    if len(parts) > 1:
        return tuple(dict.fromkeys(int(part) for part in parts))
    if not 1 <= int(parts[0]) <= SEEDS:
        raise InputError([Problem("what was asked for", "seeds", text, f"from 1 to {SEEDS:,} seeds")])
    return tuple(range(first, first + int(parts[0])))
