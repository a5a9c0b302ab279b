"""Checks of what the certificate of design.json says of each rule: the words, and the figures in them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from incentive_opt.certify.checks import RELATIVE, Check, dollars_tolerance, entries, fact, text
from incentive_opt.certify.status_quo import StatusQuo, budget, corridor_of
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.kinds import types_of
from incentive_opt.payment import Account

GROUP = "totals"
RULE = "rule: "
FIGURE = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")
DIGITS = 6
"""Figures of contract rules are told with so many digits."""
HALF_A_CENT = 0.005
Said = tuple[str, list[float], list[float]]
"""Words with # for each figure; the figures; and how far each may be told from what it is."""


def check_details(
    instance: Instance,
    design: Mapping[str, Any],
    contract: Sequence[Check],
    accounts: Mapping[str, Account],
    before: StatusQuo,
) -> list[Check]:
    """What is said beside each rule agrees with what is recomputed, to the digits that it is told with.

    Parameters
    ----------
    contract : sequence of Check
        The bounds of prices and the contract rules, re-checked.
    """
    known = _expected(instance, contract, accounts, before)
    wrong, found = [], False
    for rule in entries(design, "certificate", "rules"):
        if rule.get("detail") is None:
            continue
        found = True
        name, detail = text(rule, "rule"), text(rule, "detail")
        if name in known and not _agrees(detail, known[name]):
            words, figures, _ = known[name]
            told = [
                f"{figure:,.2f}" if abs(figure) >= 1000.0 else f"{figure:.{DIGITS}g}" for figure in figures
            ]
            is_ = "".join(a + b for a, b in zip(words.split("#"), [*told, ""], strict=True))
            wrong.append(f"{name!r} says {detail!r}, it is {is_!r}")
    return [fact(GROUP, "what is said of each rule", not wrong, "; ".join(wrong[:3]))] if found else []


def _expected(
    instance: Instance, contract: Sequence[Check], accounts: Mapping[str, Account], before: StatusQuo
) -> dict[str, Said]:
    outlay = sum(practice.count * accounts[practice.name].outlay for practice in instance.practices)
    said = {"budget": _money("outlay # of at most # USD/year", [outlay, budget(instance, before)])}
    for members in types_of(instance):
        income = members.mean([accounts[practice.name].net_income for practice in instance.practices])
        limits = corridor_of(instance, members, before)
        said[f"income of {members.name}"] = _money("# USD/year, between # and #", [income, *limits])
    # A check without figures is of no price.
    bounds = [one for one in contract if not one.name.startswith(RULE) and one.promised is not None]
    said["prices within their bounds"] = ("# prices", [float(len(bounds))], [0.0])
    for check in contract:
        if check.name.startswith(RULE) and check.promised is not None and check.recomputed is not None:
            limit = "must be at least" if check.relation == ">=" else "of at most"
            figures = [check.recomputed, check.promised]
            loose = [max(check.tolerance, RELATIVE * abs(one)) + _half_a_digit(one) for one in figures]
            words = f"# {limit} # {check.unit}"
            said[check.name.removeprefix(RULE)] = (words, figures, loose)
    return said


def _money(words: str, figures: list[float]) -> Said:
    return words, figures, [dollars_tolerance(one) + HALF_A_CENT for one in figures]


def _half_a_digit(figure: float) -> float:
    """Half a unit of the last digit that is told."""
    return 0.5 * 10.0 ** (math.floor(math.log10(abs(figure))) - DIGITS + 1) if figure else 0.0


def _agrees(detail: str, known: Said) -> bool:
    """Whether a text has these words and, within what rounding explains, these figures."""
    words, figures, loose = known
    parts = words.split("#")
    pattern = re.escape(parts[0]) + "".join(f"({FIGURE.pattern})" + re.escape(part) for part in parts[1:])
    match = re.fullmatch(pattern, detail)
    if match is None:
        return False
    told = [float(one.replace(",", "")) for one in match.groups()]
    return all(abs(a - b) <= far for a, b, far in zip(told, figures, loose, strict=True))
