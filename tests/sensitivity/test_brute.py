"""The whole against a plain loop: files rewritten for every case, and the formulation's own best responses.

Nothing of ``incentive_opt.sensitivity`` is used for what is expected but the drawn values themselves, whose
distributions are tested by themselves. What practices do comes from other code, too: ``respond`` of the
formulation, where the analysis asks the certificate's.
"""

from __future__ import annotations

import csv
import math
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from incentive_opt.domain.contract import Contract
from incentive_opt.files import read_contract, read_instance
from incentive_opt.formulation.status_quo import respond
from incentive_opt.payment import account
from incentive_opt.sensitivity import Terms, sensitivity

DRAWS = 16
BUDGET = 515_000.0
ENDS = {
    "busy_altruism": (2500.0, 9000.0),
    "caring_altruism": (10000.0, 24000.0),
    "visit_effect": (0.5, 1.45),
    "asthma_effect": (0.4, 1.6),
    "long_visit": (26.0, 36.0),
    "short_effect": (0.3, 0.7),
    "wage": (78.0, 130.0),
    "asthma_saving": (20.0, 80.0),
}


def set_cell(folder: Path, file: str, row: int, column: str, value: Callable[[float], float]) -> None:
    """Change a number of a table, by its place."""
    with (folder / file).open(newline="", encoding="utf-8") as source:
        rows = list(csv.reader(source))
    place = rows[0].index(column)
    rows[row][place] = repr(value(float(rows[row][place])))
    with (folder / file).open("w", newline="", encoding="utf-8") as target:
        csv.writer(target).writerows(rows)


def rewrite(folder: Path, values: Mapping[str, float]) -> None:
    """Write the values of a case into the files, each by hand."""
    cells: dict[str, tuple[str, int, str, Callable[[float, float], float]]] = {
        "busy_altruism": ("practices.csv", 1, "altruism", lambda _, new: new),
        "caring_altruism": ("practices.csv", 2, "altruism", lambda _, new: new),
        "visit_effect": ("health.csv", 1, "qaly_per_event", lambda old, new: old * new),
        "asthma_effect": ("health.csv", 2, "qaly_per_event", lambda old, new: old * new),
        "long_visit": ("services.csv", 2, "clinician_minutes", lambda _, new: new),
        "short_effect": ("services.csv", 1, "effectiveness", lambda _, new: new),
        "asthma_saving": ("health.csv", 2, "downstream_saving", lambda _, new: new),
    }
    for name, value in values.items():
        if name == "wage":
            text = (folder / "instance.toml").read_text(encoding="utf-8")
            assert text.count("wage_usd_per_hour = 100.0") == 1
            changed = text.replace("wage_usd_per_hour = 100.0", f"wage_usd_per_hour = {value!r}")
            (folder / "instance.toml").write_text(changed, encoding="utf-8")
        else:
            file, row, column, change = cells[name]
            set_cell(folder, file, row, column, lambda old, new=value, how=change: how(old, new))


@dataclass(frozen=True)
class Brute:
    """Gain, and whether the design beats today's contract, keeps the budget, keeps incomes."""

    gain: float
    outlay: float
    beats: bool
    budget: bool
    incomes: bool


def brute(place: Path, contract: Contract, values: Mapping[str, float], scratch: Path) -> Brute:
    """One case from files of its own."""
    folder = Path(shutil.copytree(place, scratch / secrets.token_hex(6)))
    for unneeded in ("uncertainty.csv", "courses.csv", "conditions.csv"):  # these hold means of their own
        (folder / unneeded).unlink()
    rewrite(folder, values)
    instance = read_instance(folder)
    health, outlay, incomes = [], [], []
    for one in (instance.status_quo, contract):
        accounts = [account(instance, one, found.response) for found in respond(instance, one)]
        counts = [practice.count for practice in instance.practices]
        health.append(sum(n * a.health for n, a in zip(counts, accounts, strict=True)))
        outlay.append(sum(n * a.outlay for n, a in zip(counts, accounts, strict=True)))
        incomes.append([a.net_income for a in accounts])
    within = all(0.97 * now - 0.05 <= then <= 1.5 * now + 0.05 for now, then in zip(*incomes, strict=True))
    shutil.rmtree(folder)
    gain, kept = health[1] - health[0], outlay[1] <= BUDGET + 1.0
    return Brute(gain, outlay[1], gain > 1e-6 and kept, kept, within)


@pytest.fixture(scope="module")
def found(kept: Path) -> tuple[int, dict[str, Any]]:
    """The analysis of a random seed."""
    seed = secrets.randbelow(10**6)
    return seed, sensitivity(kept, Terms(draws=DRAWS, seed=seed), write=False)


def test_chances_agree(place: Path, kept: Path, found: tuple[int, dict[str, Any]], tmp_path: Path) -> None:
    """Gains draw by draw, their mean, and every probability, among them that the design beats today's."""
    seed, document = found
    contract = read_contract(kept / "contract.toml")
    table = list(csv.DictReader(StringIO(document["table_of_draws"])))
    assert len(table) == DRAWS
    cases = []
    for row in table:
        values = {name: float(row[f"parameter:{name}"]) for name in ENDS}
        case = brute(place, contract, values, tmp_path)
        gain = float(row["health_qaly:design"]) - float(row["health_qaly:today"])
        assert gain == pytest.approx(case.gain, abs=1e-6), f"seed {seed}, {values}"
        outlay = float(row["outlay_usd:design"])
        assert outlay == pytest.approx(case.outlay, abs=0.5), f"seed {seed}, {values}"
        cases.append(case)
    odds = {key: one["share"] for key, one in document["chances"]["design"]["probability"].items()}
    expected = {
        "beats_today": sum(case.beats for case in cases) / DRAWS,
        "more_health": sum(case.gain > 1e-6 for case in cases) / DRAWS,
        "budget_kept": sum(case.budget for case in cases) / DRAWS,
        "incomes_kept": sum(case.incomes for case in cases) / DRAWS,
        "beats_today_and_incomes_kept": sum(case.beats and case.incomes for case in cases) / DRAWS,
    }
    assert odds == pytest.approx(expected), f"seed {seed}"
    mean = document["chances"]["design"]["gain_qaly"]["mean"]
    assert mean == pytest.approx(math.fsum(case.gain for case in cases) / DRAWS, abs=1e-6), f"seed {seed}"


def test_tornado_agrees(place: Path, kept: Path, found: tuple[int, dict[str, Any]], tmp_path: Path) -> None:
    """The gain at both ends of every parameter, the order, and where the decision changes."""
    contract = read_contract(kept / "contract.toml")
    base = brute(place, contract, {}, tmp_path)
    swings: dict[str, float] = {}
    turns: dict[str, bool] = {}
    rows = {row["parameter"]: row for row in found[1]["tornado"]}
    for name, pair in ENDS.items():
        ends = [brute(place, contract, {name: value}, tmp_path) for value in pair]
        for end, case in zip(("low", "high"), ends, strict=True):
            assert rows[name][end]["gain_qaly"] == pytest.approx(case.gain, abs=1e-6), (name, end)
        gains = [base.gain, *(case.gain for case in ends)]
        swings[name] = max(gains) - min(gains)
        answers = (base.beats, base.budget, base.incomes)
        turns[name] = any((case.beats, case.budget, case.incomes) != answers for case in ends)
    order = [row["parameter"] for row in found[1]["tornado"]]
    told = [swings[name] for name in order]
    assert told == pytest.approx(sorted(told, reverse=True), abs=1e-6)
    assert {name: rows[name]["decision_changes"] for name in ENDS} == turns
    assert len(set(turns.values())) == 2  # the case has both
    assert base.gain == pytest.approx(3.3, rel=2e-3)
