"""Words, figures and tables of the page about a batch, in Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from incentive_opt.batch.figures import HOLDS

MILLION = 1e6
LARGE = 1000.0
"""Health from which on no decimals are shown [QALY/year]."""
MINUS = "\N{MINUS SIGN}"
Row = Mapping[str, Any]

COLUMNS = (
    "model", "health", "gain [%]", "verified", "holds", "at most", "gap [%]", "outlay", "change",
    "QALY per extra million USD", "staff hours [%]", "simulated health", "simulated outlay",
)  # fmt: skip
"""Columns of an instance's table; health in QALY/year, money in million USD/year."""

HOW_TO_READ = """\
## How to read it

* **Health** is counted in QALY a year, against no care at all; one QALY is one year of life in full health.
  The row *today* is the contract in force, answered by the same practices. **Gain** is against that row.
* **At most** is the certificate: no contract of this model within the budget and the income limits can
  bring more health than that. **Gap** is how far the design may fall short of it. A wide gap means that the
  search was not able to tell, not that the model is bad. A model that allows all that another allows can do
  at least as well: where it stands lower here, its search found less in its time.
* **Outlay** is what the payer spends in a year, care outside the practices included [million USD], and
  **change** is against today. **QALY per extra million USD** says what the extra health costs; *saves
  money* means more health for less money, *costs nothing more* for the same, *no more health* that nothing
  better than today was found.
* **Staff hours** are those that all practices work for children of every payer, against today.
* **Verified**: `verify` recomputes every promise of the design from its files by code that shares nothing
  with the search. A dash here, and under *holds*: not asked; `batch --validate` does both.
* **Holds**: `validate` simulates children and practices one by one, with chance, full months and practices
  that differ; *yes* if health, outlay, every net income and every bonus tier come out as promised.
  **Simulated** figures are those of practices that do what is best for themselves. A design that does not
  hold may still bring most of its gain: look at the simulated health, and at the reason below the table.
* **Who gains and who loses**: net income of a practice of that type, and health for 1,000 children who ask
  for care, both against today; changes below 0.05 % are left out. Where an instance has an income cap or an
  income floor, no design passes it.
* Most numbers of the instances are assumptions, marked as such. This is what the models can do *as an
  instance counts it*: a reason to look closer at a way of paying, none to sign it.
"""


def plain(text: object) -> str:
    """A text from a file as one that Markdown shows as it is, in a line."""
    line = " ".join(str(text).split())
    return re.sub(r"([\\`*_\[\]<>|{}$#~&])", r"\\\1", line)


def fenced(text: str, language: str) -> str:
    """A text as a block of code, which no mark in it ends."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def name(text: object) -> str:
    """A name as one types it."""
    return f"`{text}`" if re.fullmatch(r"[A-Za-z0-9_.+-]+", str(text)) else plain(text)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; all columns but the first to the right."""
    lines = [columns, ["---", *("---:" for _ in columns[1:])], *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


def number(value: float | None, decimals: int = 0, signed: bool = False) -> str:
    """A figure; a dash where there is none."""
    if value is None:
        return "–"
    rounded = round(value, decimals) + 0.0
    return f"{rounded:{'+' if signed and rounded else ''},.{decimals}f}".replace("-", MINUS)


def percent(share: float | None, signed: bool = False) -> str:
    """A share in per cent, without the sign."""
    return number(None if share is None else 100.0 * share, 1, signed)


def health(value: float | None) -> str:
    """Health [QALY/year]."""
    return number(value, 0 if value is not None and abs(value) >= LARGE else 2)


def money(value: float | None, signed: bool = False) -> str:
    """Millions of dollars."""
    return number(
        None if value is None else value / MILLION, 2 if abs(value or 0.0) >= MILLION else 3, signed
    )


def cells(row: Row) -> list[str]:
    """A design's figures in its instance's table, behind its model."""
    extra = row.get("qaly_per_extra_million_usd")
    return [
        health(row["health_qaly"]),
        percent(row["gain_share"], signed=True),
        _yes(row.get("verified")),
        _yes(row.get("verdict")),
        health(row.get("upper_bound_qaly")),
        percent(row.get("gap")),
        money(row["outlay_usd"]),
        money(row.get("outlay_change_usd"), signed=True),
        plain(row.get("per_dollar") or "–") if extra is None else number(extra, 1),
        percent(row.get("staff_hours_change_share"), signed=True),
        health(row.get("simulated_health_qaly")),
        money(row.get("simulated_outlay_usd")),
    ]


def _yes(verdict: str | None) -> str:
    """Whether promises hold; a dash where that was not asked."""
    return "–" if not verdict else "yes" if verdict == HOLDS else "no"


def people(row: Row) -> str:
    """Who gains and who loses under a design, in a line."""
    if row.get("is_status_quo"):
        return "nothing better than today's contract was found."
    gain, lose = (_who(row, end) for end in ("gain", "lose"))
    overtime = row.get("overtime_hours_change")
    more = (
        f" Overtime: {number(overtime, 0, signed=True)} hours." if overtime and abs(overtime) >= 1.0 else ""
    )
    return f"gain: {gain or 'nobody'}. Lose: {lose or 'nobody'}.{more}"


def _who(row: Row, end: str) -> str:
    parts = [plain(row.get(f"{who}_that_{end}") or "") for who in ("practices", "children")]
    return "; ".join(part for part in parts if part)


def why_not(row: Row) -> str:
    """What fails of a design and why; empty where nothing does."""
    said = []
    if row.get("verified") == "broken":
        number_broken = row.get("verified_broken")
        said.append(f"`verify`: {number_broken} promises are broken: {plain(row['verified_why'])}.")
    if row.get("verdict_why"):
        words = plain(row["verdict_why"]).removeprefix("The design fails: simulated child by child, ")
        said.append(words[:1].upper() + words[1:])
    return " ".join(said)


def joined(names: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
