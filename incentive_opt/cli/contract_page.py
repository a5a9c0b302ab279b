"""What ``show`` prints of a contract: prices, benchmarks, and the terms that are no prices."""

from __future__ import annotations

from typing import Any

from incentive_opt.cli.units import unit_of
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.lines import LINE_KINDS
from incentive_opt.domain.sharing import PLAIN

PRICES = ["price", "of", "tier", "threshold", "value", "unit"]
BENCHMARKS = ["of", "segment", "value", "unit"]
TERMS = ["term", "value", "unit", "what it says"]
SAYS = {
    "sharing.minimum": "smaller savings and losses are not shared",
    "sharing.most_gained": "savings beyond it bring no more",
    "sharing.most_lost": "losses beyond it cost no more",
    "sharing.quality_gate": "gains only with the first tier of every measure that applies",
    "count_closed_elsewhere": "a measure counts a gap that is closed, whoever closed it",
}
Table = tuple[str, list[str], list[list[Any]]]


def tables(contract: Contract) -> list[Table]:
    """Every price with its unit, then benchmarks and terms where there are any."""
    made: list[Table] = [("Prices", PRICES, _prices(contract))]
    if benchmarks := _benchmarks(contract):
        made.append(("What lines with a benchmark are counted from", BENCHMARKS, benchmarks))
    return [*made, *terms_table(contract)]


def document(contract: Contract) -> dict[str, Any]:
    """A contract as plain data: its title, every price with its unit, benchmarks and terms."""
    parts: dict[str, Any] = {"kind": "contract", "title": contract.title}
    parts["prices"] = [dict(zip(PRICES, row, strict=True)) for row in _prices(contract)]
    if benchmarks := _benchmarks(contract):
        parts["benchmarks"] = [dict(zip(BENCHMARKS, row, strict=True)) for row in benchmarks]
    return parts | terms_document(contract)


def terms_table(contract: Contract) -> list[Table]:
    """The terms that are no prices, in a table; none where all is plain."""
    rows = [[name, value, unit_of(name), SAYS[name]] for name, value in _terms(contract).items()]
    return [("Terms", TERMS, rows)] if rows else []


def terms_document(contract: Contract) -> dict[str, Any]:
    """The same as plain data, under ``terms``."""
    terms = _terms(contract)
    return {"terms": terms} if terms else {}


def _terms(contract: Contract) -> dict[str, Any]:
    """Terms that are not the plain ones, by their key in contract.toml."""
    found: dict[str, Any] = {}
    sharing = contract.benchmarks.sharing
    if sharing != PLAIN:
        for name in ("minimum", "most_gained", "most_lost", "quality_gate"):
            if (value := getattr(sharing, name)) is not None:
                found[f"sharing.{name}"] = value
    if contract.benchmarks.counts_elsewhere:
        found["count_closed_elsewhere"] = True
    return found


def _benchmarks(contract: Contract) -> list[list[Any]]:
    care, cost = contract.benchmarks.care.items(), contract.benchmarks.cost.items()
    return [
        *([need, segment, value, "effective events/child-year"] for (need, segment), value in care),
        *(["care elsewhere", segment, value, "USD/child and year"] for segment, value in cost),
    ]


def _prices(contract: Contract) -> list[list[Any]]:
    rows: list[list[Any]] = []
    rows += [["fee", name, None, None, value, "USD/service"] for name, value in contract.fees.items()]
    rows += [
        ["capitation", name, None, None, value, "USD/child-month"]
        for name, value in contract.capitation.items()
    ]
    for (measure, tier), value in contract.bonuses.items():
        rows.append(["bonus", measure, tier, contract.thresholds.get((measure, tier)), value, "USD/event"])
    rows += [
        [kind, name, None, None, value, LINE_KINDS[kind].unit]
        for (kind, name), value in contract.lines.items()
    ]
    rows += [["pool", name, None, None, value, "USD/year"] for name, value in contract.pools.items()]
    return rows
