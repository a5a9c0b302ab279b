"""Reading and writing contract.toml: what a payer would sign."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.lines import LINE_KINDS, Benchmarks
from incentive_opt.files.elsewhere import made_elsewhere
from incentive_opt.files.prices import Payable, check_prices, payable
from incentive_opt.files.problems import Problems
from incentive_opt.files.schemas import ContractFile
from incentive_opt.files.sharing import build_sharing, sharing_text
from incentive_opt.files.text import decode, read_bytes
from incentive_opt.files.toml_files import parse_toml, validate
from incentive_opt.files.writing import write_atomically

_ANYTHING = Payable(services=None, segments=None, elsewhere=(), menu=None)


def read_contract(path: str | Path, instance: Instance | None = None) -> Contract:
    """Read and check a contract.

    Parameters
    ----------
    path : str or Path
        A contract file, or a folder that holds a contract.toml (the run folder of a design).
    instance : Instance, optional
        If given, every name must be one of its own, every tier on its menus; and the thresholds of
        the contract are taken from there.

    Raises
    ------
    InputError
        With every problem found.
    """
    file = Path(path)
    if file.is_dir():
        file = file / "contract.toml"
    problems = Problems()
    content = read_bytes(
        file, str(file), problems, "Give the path of a contract file; see instances/README.md."
    )
    text = None if content is None else decode(content, str(file), problems)
    raw = None if text is None else parse_toml(text, str(file), problems)
    document = None
    if raw is not None and text is not None:
        document = validate(raw, ContractFile, text, str(file), problems)
        check_prices(raw, (), payable(instance) if instance else _ANYTHING, text, str(file), problems)
        if instance is not None and problems.found:
            problems.found[:0] = made_elsewhere(raw, instance, file)
    problems.raise_if_any()
    assert document is not None
    return _contract(document, instance)


def _contract(document: ContractFile, instance: Instance | None) -> Contract:
    thresholds = {
        (bonus.measure, bonus.tier): bonus.threshold
        for bonus in document.bonuses
        if bonus.threshold is not None
    }
    if instance is not None:
        menu = {measure.name: measure.thresholds for measure in instance.measures}
        thresholds = {(b.measure, b.tier): menu[b.measure][b.tier - 1] for b in document.bonuses}
    return Contract(
        fees=dict(document.fees),
        capitation=dict(document.capitation),
        bonuses={(bonus.measure, bonus.tier): bonus.usd_per_event for bonus in document.bonuses},
        thresholds=thresholds,
        title=document.title,
        lines={
            (kind, name): price
            for kind, line in LINE_KINDS.items()
            for name, price in getattr(document, line.table).items()
        },
        benchmarks=Benchmarks(
            care={
                (need, segment): rate
                for need, rates in document.benchmarks.care.items()
                for segment, rate in rates.items()
            },
            cost=dict(document.benchmarks.cost),
            sharing=build_sharing(document.sharing),
            counts_elsewhere=document.count_closed_elsewhere,
        ),
        pools=dict(document.pools),
    )


def contract_text(contract: Contract) -> str:
    """The contract as TOML; reading it gives an equal contract.

    Thresholds are written beside their bonuses, so only those of tiers with a bonus are kept.
    """
    lines = ["schema = 1"]
    if contract.title:
        lines.append(f"title = {_quoted(contract.title)}")
    if contract.benchmarks.counts_elsewhere:
        lines.append(
            "count_closed_elsewhere = true  # measures count a gap that is closed, whoever closed it"
        )
    lines += ["", "[fees]  # USD/service"]
    lines += [f"{_key(name)} = {float(price)!r}" for name, price in contract.fees.items()]
    lines += ["", "[capitation]  # USD/child-month"]
    lines += [f"{_key(name)} = {float(price)!r}" for name, price in contract.capitation.items()]
    for (measure, tier), price in contract.bonuses.items():
        lines += ["", "[[bonuses]]  # per eligible event and year, if the threshold is reached; tiers add up"]
        lines += [f"measure = {_quoted(measure)}", f"tier = {tier}", f"usd_per_event = {float(price)!r}"]
        if (measure, tier) in contract.thresholds:
            lines.append(f"threshold = {float(contract.thresholds[measure, tier])!r}")
    return "\n".join([*lines, *_other_lines(contract)]) + "\n"


def _other_lines(contract: Contract) -> list[str]:
    """Other lines of payment, a table a kind, and the benchmarks that some are counted from."""
    made: list[str] = []
    for kind, line in LINE_KINDS.items():
        paid = {name: price for (of_kind, name), price in contract.lines.items() if of_kind == kind}
        if paid:
            made += ["", f"[{line.table}]  # {line.unit}: {line.words}"]
            made += [f"{_key(name)} = {float(price)!r}" for name, price in paid.items()]
    if contract.pools:
        made += [
            "",
            "[pools]  # USD/year: fixed; shared among all who close gaps of the measure, by what they close",
        ]
        made += [f"{_key(name)} = {float(usd)!r}" for name, usd in contract.pools.items()]
    needs = list(dict.fromkeys(need for need, _ in contract.benchmarks.care))
    for need in needs:
        made += [
            "",
            f"[benchmarks.care.{_key(need)}]  # events met with full effect per child-year on the panel",
        ]
        made += [
            f"{_key(segment)} = {float(rate)!r}"
            for (of, segment), rate in contract.benchmarks.care.items()
            if of == need
        ]
    if contract.benchmarks.cost:
        made += ["", "[benchmarks.cost]  # care elsewhere, USD per child who asks and year"]
        made += [f"{_key(name)} = {float(usd)!r}" for name, usd in contract.benchmarks.cost.items()]
    return made + sharing_text(contract.benchmarks.sharing)


def status_quo_text(instance: Instance) -> str:
    """The contract in force as a contract file to start from; reading it gives exactly that contract.

    What is not paid today stands in it as comments, so that everything that may be paid has its name there.
    """
    contract = instance.status_quo
    named = {service.name: service.label for service in instance.services}
    named |= {segment.name: segment.label for segment in instance.segments}
    lines = [
        f"# The contract in force of {instance.name}. Change prices as you like. Lines that begin with",
        "# a # do not count: they show what is not paid today; take the # away and give a price.",
        "schema = 1",
        f"title = {_quoted(contract.title)}",
        "",
        "[fees]  # USD/service; a service without a line is not paid",
    ]
    lines += _priced(contract.fees, [service.name for service in instance.services], named)
    lines += ["", "[capitation]  # USD/child-month"]
    lines += _priced(contract.capitation, [each.name for each in instance.segments if each.contracted], named)
    lines += ["", "# A bonus is paid per eligible event and year, if the threshold is reached; tiers add up."]
    for measure in instance.measures:
        for tier, rate in enumerate(measure.thresholds, start=1):
            price = contract.bonuses.get((measure.name, tier))
            mark = "# " if price is None else ""
            lines += [
                "",
                f"{mark}[[bonuses]]{_comment(measure.label)}",
                f"{mark}measure = {_quoted(measure.name)}",
                f"{mark}tier = {tier}",
                f"{mark}usd_per_event = {float(price or 0.0)!r}",
                f"{mark}threshold = {float(rate)!r}",
            ]
    return "\n".join(lines) + "\n"


def _priced(prices: Mapping[str, float], names: Sequence[str], labels: Mapping[str, str]) -> list[str]:
    """A line a price; those that are not paid as comments."""
    paid = [
        f"{_key(name)} = {float(price)!r}{_comment(labels.get(name, ''))}" for name, price in prices.items()
    ]
    free = [f"# {_key(name)} = 0.0{_comment(labels.get(name, ''))}" for name in names if name not in prices]
    return paid + free


def _comment(words: str) -> str:
    """Words behind a line; a comment must end with the line."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    return f"  # {plain}" if plain else ""


def write_contract(contract: Contract, path: str | Path) -> None:
    """Write a contract file, whole or not at all."""
    write_atomically(path, contract_text(contract))


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _quoted(text: str) -> str:
    """A TOML string."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    out = []
    for character in text:
        if character in escapes:
            out.append(escapes[character])
        elif ord(character) < 0x20 or ord(character) == 0x7F:
            out.append(f"\\u{ord(character):04x}")
        else:
            out.append(character)
    return '"' + "".join(out) + '"'
