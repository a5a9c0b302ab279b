"""Whether other lines of payment pay for something that is there, and have the benchmarks they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from incentive_opt.domain.lines import LINE_KINDS, MEASURE, NEED, POOL_SHARE, WITHHOLD
from incentive_opt.files.problems import Problems, did_you_mean
from incentive_opt.files.toml_files import place

ROUNDING = 1e-9
GAPS = "a measure of gaps closed once: services for its own need, of weights up to 1"
WHAT = {
    "care": "events met with full effect per child-year on the panel",
    "cost": "what care elsewhere costs per child who asks [USD a year]",
}
"""What a line of a benchmark says."""


def check_lines(
    prices: Mapping[str, Any],
    names: Mapping[str, Sequence[str]],
    needs: Sequence[tuple[str, str]],
    text: str,
    shown: str,
    problems: Problems,
) -> None:
    """Note lines that name nothing, and benchmarks that are missing or of nothing.

    Parameters
    ----------
    prices : mapping
        The contract as it stands in the file.
    names : mapping kind -> sequence of str
        What lines of each kind can be of.
    needs : sequence of (need, segment)
        Needs of contracted children.
    """
    benchmarks = _table(prices, "benchmarks")
    care, cost = _table(benchmarks, "care"), _table(benchmarks, "cost")
    segments = list(dict.fromkeys(segment for _, segment in needs))
    for kind, line in LINE_KINDS.items():
        for name in _table(prices, line.table):
            where = place((line.table, name), text)
            if name not in names[kind]:
                kinds = {NEED: "a need of contracted children", MEASURE: "a measure"}
                what = GAPS if kind == POOL_SHARE else kinds.get(line.of, repr(line.of))
                problems.add(shown, where, name, what, did_you_mean(name, names[kind]))
            elif line.benchmark == "care":
                wanted = [segment for need, segment in needs if need == name]
                _missing(f"benchmarks.care.{name}", _table(care, name), wanted, shown, problems)
            elif line.benchmark == "cost":
                _missing("benchmarks.cost", cost, segments, shown, problems)
    _check_withholds(_table(prices, LINE_KINDS[WITHHOLD].table), text, shown, problems)
    _check_pools(prices, names[POOL_SHARE], text, shown, problems)
    for need, table in care.items():
        for segment in table if isinstance(table, dict) else ():
            if (need, segment) not in needs:
                where = place(("benchmarks", "care", need, segment), text)
                problems.add(shown, where, f"{need}, {segment}", "a need of a contracted segment")
    for segment in cost:
        if segment not in segments:
            where = place(("benchmarks", "cost", segment), text)
            problems.add(shown, where, segment, "a contracted segment", did_you_mean(segment, segments))


def _check_withholds(shares: Mapping[str, Any], text: str, shown: str, problems: Problems) -> None:
    """No more is held back than there is."""
    total = sum(share for share in shares.values() if isinstance(share, int | float))
    if total > 1.0 + ROUNDING:
        problems.add(
            shown,
            place((LINE_KINDS[WITHHOLD].table,), text),
            f"together {total:g}",
            "shares of today's fees that add up to at most 1",
            "All measures together cannot hold back more than all fees.",
        )


def _check_pools(
    prices: Mapping[str, Any], measures: Sequence[str], text: str, shown: str, problems: Problems
) -> None:
    """Every share is of a pool; a pool may leave its share to be found."""
    pools, table = _table(prices, "pools"), LINE_KINDS[POOL_SHARE].table
    for name in pools:
        if name not in measures:
            where = place(("pools", name), text)
            problems.add(shown, where, name, GAPS, did_you_mean(name, measures))
    for name in _table(prices, table):
        if name not in pools:
            problems.add(
                shown,
                place((table, name), text),
                "no pool",
                f"a sum under [pools] from which {name} is paid [USD/year]",
                "A share is what a pool is expected to come to for a gap; a pool may leave it out.",
            )


def _missing(
    table: str, given: Mapping[str, Any], wanted: Sequence[str], shown: str, problems: Problems
) -> None:
    lacking = [segment for segment in wanted if segment not in given]
    if lacking:
        problems.add(
            shown,
            table,
            "",
            f"a benchmark for {', '.join(lacking)}",
            f"Write a line for each under [{table}]: {lacking[0]} = {WHAT[table.split('.')[1]]}. A design "
            "whose model pays against benchmarks has those of today in its contract.toml.",
        )


def _table(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = raw.get(name)
    return found if isinstance(found, dict) else {}
