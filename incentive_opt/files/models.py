"""Reading a payment model: which levers exist, within which bounds."""

from __future__ import annotations

import hashlib
from pathlib import Path

from incentive_opt.domain.instance import Instance
from incentive_opt.domain.lines import LINE_KINDS, MEASURE, NEED
from incentive_opt.domain.payable import of_words
from incentive_opt.domain.payment_model import UNITS, LeverRule, PaymentModel
from incentive_opt.errors import InputError
from incentive_opt.files.build_rules import build_rules, check_rules
from incentive_opt.files.checks import check_sources
from incentive_opt.files.library import find_model
from incentive_opt.files.problems import Problems, did_you_mean
from incentive_opt.files.schemas import LeverTable, ModelFile
from incentive_opt.files.sharing import build_sharing
from incentive_opt.files.text import decode, read_bytes
from incentive_opt.files.toml_files import parse_toml, place, validate


def read_model(name_or_path: str | Path, instance: Instance | None = None, name: str = "") -> PaymentModel:
    """Read and check a payment model.

    Parameters
    ----------
    name_or_path : str or Path
        Name of a shipped model, or a file.
    instance : Instance, optional
        If given, every service, segment and measure the model names must be one of its own.
    name : str
        What to call it; without it, the name of the file.

    Raises
    ------
    InputError
        With every problem found.
    """
    path = find_model(name_or_path)
    shown = path.name
    problems = Problems()
    content = read_bytes(path, shown, problems)
    text = None if content is None else decode(content, shown, problems)
    raw = None if text is None else parse_toml(text, shown, problems)
    document = None
    if raw is not None and text is not None:
        document = validate(raw, ModelFile, text, shown, problems)
        check_sources(raw, text, shown, problems)
        check_rules(raw, text, shown, problems)
    if document is not None and text is not None:
        _check_levers(document.levers, text, shown, problems)
    problems.raise_if_any()
    assert document is not None
    assert content is not None
    model = PaymentModel(
        name=name or path.stem,
        title=document.title,
        description=document.description,
        levers=tuple(_lever_rule(table) for table in document.levers),
        rules=build_rules(document.rules),
        sha256=hashlib.sha256(content).hexdigest(),
        path=str(path),
        replaces=document.replaces_today,
        sharing=build_sharing(document.sharing),
        counts_elsewhere=document.count_closed_elsewhere,
    )
    if instance is not None:
        check_model(model, instance)
    return model


def check_model(model: PaymentModel, instance: Instance) -> None:
    """Raise InputError for every lever that names nothing of the instance."""
    problems = Problems()
    names = {
        "fee": [service.name for service in instance.services],
        "capitation": [segment.name for segment in instance.segments],
        "bonus": [measure.name for measure in instance.measures],
    } | {kind: of_words(instance, kind) for kind in LINE_KINDS}
    for index, lever in enumerate(model.levers):
        for name in lever.of:
            if name not in names[lever.kind]:
                problems.add(
                    Path(model.path).name or model.name,
                    place(("levers", index, "of"), ""),
                    name,
                    f"{_thing(lever.kind)} of instance {instance.name!r}",
                    did_you_mean(name, names[lever.kind]),
                )
    if problems.found:
        raise InputError(problems.found)


def _thing(kind: str) -> str:
    """What a lever of the kind is of."""
    if kind not in LINE_KINDS:
        return {"fee": "a service", "capitation": "a segment", "bonus": "a measure"}[kind]
    of = LINE_KINDS[kind].of
    return {NEED: "a need of contracted children", MEASURE: "a measure"}.get(of, repr(of))


def _lever_rule(table: LeverTable) -> LeverRule:
    return LeverRule(
        kind=table.kind,
        of=tuple(table.of),
        lower=table.lower or 0.0,
        upper=table.upper or 0.0,
        unit=table.unit,
        lower_multiple=table.lower_multiple,
        upper_multiple=table.upper_multiple,
        source=table.source or "",
    )


def _check_levers(levers: list[LeverTable], text: str, shown: str, problems: Problems) -> None:
    named: set[tuple[str, str]] = set()
    for index, lever in enumerate(levers):
        where = place(("levers", index), text)
        if lever.unit != UNITS[lever.kind]:
            problems.add(shown, where, lever.unit, f"the unit of a {lever.kind}, {UNITS[lever.kind]}")
        _check_bounds(lever, where, shown, problems)
        for name in lever.of or [""]:
            if (lever.kind, name) in named:
                problems.add(
                    shown,
                    where,
                    name or f"every {lever.kind}",
                    "one rule for each lever",
                    "It already has one further up.",
                )
            named.add((lever.kind, name))


def _check_bounds(lever: LeverTable, where: str, shown: str, problems: Problems) -> None:
    pairs = {
        "lower and upper": (lever.lower, lever.upper),
        "lower_multiple and upper_multiple": (lever.lower_multiple, lever.upper_multiple),
    }
    for names, (low, high) in pairs.items():
        if (low is None) != (high is None):
            problems.add(shown, where, "", f"both {names}, or neither")
        elif low is not None and high is not None and low > high:
            problems.add(shown, where, f"{low} and {high}", f"{names} in this order")
    most = LINE_KINDS[lever.kind].most if lever.kind in LINE_KINDS else None
    if most is not None and lever.upper is not None and lever.upper > most:
        problems.add(shown, where, f"upper = {lever.upper}", f"at most {most:g} {lever.unit}")
    multiples = lever.lower_multiple is not None or lever.upper_multiple is not None
    if lever.kind != "fee" and multiples:
        problems.add(shown, where, "", f"lower and upper in {lever.unit}: multiples are for fees only")
    if not multiples and lever.lower is None and lever.upper is None:
        problems.add(
            shown, where, "", "bounds: lower and upper, or for fees lower_multiple and upper_multiple"
        )
