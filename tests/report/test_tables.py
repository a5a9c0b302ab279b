"""The tables against design.json, each figure worked out here another way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from incentive_opt.errors import InputError
from incentive_opt.files import read_run_folder
from incentive_opt.formulation.status_quo import respond
from incentive_opt.payment import account
from incentive_opt.report import Remarks, Report, report_of
from incentive_opt.report.parts import Number, Table
from tests.report.runs import rewrite


@pytest.fixture(scope="module")
def report(kept: Path) -> Report:
    """The report of the design."""
    return report_of(
        kept, lambda _: Remarks(bound=["Said of the bound."], unspent=["Said."], allowances=["Noted."])
    )


@pytest.fixture(scope="module")
def design(kept: Path) -> dict[str, Any]:
    """design.json."""
    return dict(json.loads((kept / "design.json").read_text(encoding="utf-8")))


def table(report: Report, key: str) -> Table:
    """The table of that name."""
    (found,) = [one for one in report.tables if one.key == key]
    return found


def values(report: Report, key: str) -> dict[str, list[Any]]:
    """Rows by their first cell; numbers as they are."""
    return {
        str(row[0]): [cell.value if isinstance(cell, Number) else cell for cell in row[1:]]
        for row in table(report, key).rows
    }


def test_tables_have_names_of_their_own(report: Report) -> None:
    """Names fit a sheet of a workbook and differ; every row is as long as the headings."""
    keys = [one.key for one in report.tables]
    assert len(keys) == len(set(keys))
    for one in report.tables:
        assert len(one.key) <= 31
        assert one.key.replace("_", "").isalnum()
        assert {len(row) for row in one.rows} <= {len(one.columns)}


def test_ladder_is_that_of_the_design(report: Report, design: dict[str, Any]) -> None:
    """The five rungs, and what each lies above today."""
    objective, rungs = design["objective"], values(report, "health")
    assert rungs["Contract in force"][0] == objective["status_quo_qaly"]
    assert rungs["Design"][0] == objective["health_qaly"]
    assert rungs["Bound"][0] == objective["upper_bound_qaly"]
    assert rungs["First best"][0] == objective["first_best_qaly"]
    assert rungs["Design at worst"][0] == objective["pessimistic_qaly"]
    assert rungs["Design"][1] == pytest.approx(3.3)  # by hand, in the instance's README: 9 to 12.3
    assert rungs["Design"][2] == pytest.approx(100 * 3.3 / 9.0)


def test_money_adds_up(report: Report, design: dict[str, Any]) -> None:
    """Lines sum to the outlay, which is that of the design; what is left is the certificate's slack."""
    lines = values(report, "money")
    parts = [lines[name] for name in
             ("Fees", "Payments per child (capitation)", "Bonuses", "Care elsewhere")]  # fmt: skip
    for place in (0, 1):
        assert sum(part[place] for part in parts) == pytest.approx(lines["Outlay"][place])
    assert lines["Outlay"][:2] == pytest.approx(
        [design["budget"]["status_quo_outlay_usd"], design["budget"]["outlay_usd"]]
    )
    assert lines["Left of the budget"][1] == pytest.approx(design["certificate"]["budget_slack_usd"])


def test_incomes_are_those_of_the_design(report: Report, design: dict[str, Any]) -> None:
    """Net income before and after, per practice and per clinician."""
    rows = values(report, "incomes")
    for part in design["practices"]:
        now, then = part["status_quo_net_income_usd"], part["net_income_usd"]
        row = rows[design["labels"]["practices"][part["practice"]]]
        assert row[:3] == pytest.approx([part["count"], now, then])
        assert row[3] == pytest.approx(100 * (then - now) / now)
        assert row[6:] == pytest.approx([part["income_floor_usd"], part["income_ceiling_usd"]])


def test_incomes_per_clinician(kept: Path, report: Report) -> None:
    """Net income over the clinicians of the practice."""
    _, instance, _, _ = read_run_folder(kept)
    for row, practice in zip(table(report, "incomes").rows, instance.practices, strict=True):
        cells = [cell.value for cell in row[1:] if isinstance(cell, Number) and cell.value is not None]
        assert cells[4:6] == pytest.approx([cells[1] / practice.fte["clinician"],
                                            cells[2] / practice.fte["clinician"]])  # fmt: skip


def test_prices_are_those_of_the_design(report: Report, design: dict[str, Any]) -> None:
    """Every price with today's and its range."""
    rows = table(report, "prices").rows
    levers = design["contract"]["levers"]
    assert len(rows) == len(levers)
    listed = sorted((str(row[0]), row[3].value, row[4].value) for row in rows  # type: ignore[union-attr]
                    )  # fmt: skip
    kinds = {"fee": "fee", "capitation": "payment per child", "bonus": "bonus"}
    assert listed == sorted((kinds[one["lever"]], one["status_quo"], one["value"]) for one in levers)


def test_shares_at_thresholds(report: Report) -> None:
    """By hand (README of the instance): no practice gives full visits today; all give half of them then."""
    rows = [[cell.value if isinstance(cell, Number) else cell for cell in row]
            for row in table(report, "bonuses").rows]  # fmt: skip
    assert [row[1] for row in rows] == [1, 2]
    assert [row[5] for row in rows] == [0.0, 0.0]
    assert [row[6] for row in rows] == pytest.approx([100.0, 40.0])  # both types; the two caring practices


def test_today_is_recomputed_as_by_the_other_solver(kept: Path, report: Report) -> None:
    """Children, health and services under the contract in force, from the optimiser's own best responses."""
    _, instance, _, contract = read_run_folder(kept)
    counts = {practice.name: practice.count for practice in instance.practices}
    for place, paid in ((0, instance.status_quo), (1, contract)):
        answers = [found.response for found in respond(instance, paid)]
        total: dict[str, float] = {}
        for answer in answers:
            for (service, _), number in answer.services.items():
                total[service] = total.get(service, 0.0) + counts[answer.practice] * number
        rows = table(report, "services").rows
        shown = {service.name: row[2 + place].value  # type: ignore[union-attr]
                 for service, row in zip(instance.services, rows, strict=True)}  # fmt: skip
        assert shown == pytest.approx({name: total.get(name, 0.0) for name in shown})
        health = sum(counts[one.practice] * account(instance, paid, one).health for one in answers)
        children = sum(counts[panel.practice] * panel.demanded for panel in instance.panels)
        (group,) = table(report, "children").rows
        assert group[5 + place].value == pytest.approx(1000 * health / children)  # type: ignore[union-attr]


def test_coverage_is_that_of_the_totals(report: Report, design: dict[str, Any]) -> None:
    """One segment: coverage by group is that of all."""
    names = design["labels"]["needs"]
    rows = {(str(row[0])): row for row in table(report, "coverage").rows}
    for now, then in zip(design["totals"]["status_quo"]["needs"], design["totals"]["needs"], strict=True):
        row = rows[names[now["need"]]]
        shares = [100 * now["covered_share"], 100 * then["covered_share"]]
        assert [cell.value for cell in row[2:4]] == pytest.approx(shares)  # type: ignore[union-attr]


def test_staff_time_is_all_accounted_for(report: Report) -> None:
    """Services and panel work sum to all work, which regular hours and overtime hold."""
    rows = values(report, "staff_time")
    *parts, total, overtime, regular = rows.values()
    for place in range(len(total)):
        assert sum(part[place] for part in parts) == pytest.approx(total[place])
        assert total[place] <= regular[place] + overtime[place] + 1e-6


def test_validation_is_shown_as_it_stands(kept: Path, report: Report) -> None:
    """Gain kept under every behaviour, with its interval."""
    found = json.loads((kept / "validation.json").read_text(encoding="utf-8"))
    rows = values(report, "behaviours")
    assert list(rows) == [one["behaviour"] for one in found["behaviours"]] == ["rational", "inertial"]
    for one in found["behaviours"]:
        gain = one["gain"]
        kept_shares = [100 * gain[key] for key in ("kept_share", "kept_share_low", "kept_share_high")]
        assert rows[one["behaviour"]][5:8] == pytest.approx(kept_shares)


def test_what_the_command_line_says_is_said(report: Report) -> None:
    """Remarks stand in the answer and among what binds."""
    texts = [
        str(getattr(part, "text", getattr(part, "items", "")))
        for one in report.sections
        for part in one.parts
    ]
    for words in ("Said of the bound.", "Said.", "Noted."):
        assert any(words in text for text in texts)


def test_validation_of_another_design_is_not_shown(run: Path) -> None:
    """Findings on other promises, of other files, damaged or of another layout: told, not shown."""
    change: list[tuple[str, Callable[[Any], object]]] = [
        ("another design", lambda found: found["behaviours"][0]["quantities"][0].update(promised=1.0)),
        ("another design", lambda found: found["behaviours"][0]["quantities"][0].update(searched=1.0)),
        ("of another design", lambda found: found["instance"].update(sha256="0" * 64)),
        ("another version", lambda found: found["behaviours"][0]["quantities"][0].pop("searched")),
        ("another version", lambda found: found.pop("behaviours")),
    ]
    whole = (run / "validation.json").read_text(encoding="utf-8")
    for words, how in change:
        (run / "validation.json").write_text(whole, encoding="utf-8")
        rewrite(run / "validation.json", how)
        report = report_of(run)
        assert "behaviours" not in [one.key for one in report.tables]
        assert any(words in str(getattr(part, "text", "")) for part in report.sections[6].parts), words
    (run / "validation.json").write_text("{", encoding="utf-8")
    assert "damaged" in str(report_of(run).sections[6].parts[0])


@pytest.mark.parametrize(
    ("where", "what"),
    [("objective", "health_qaly"), ("objective", "status_quo_qaly"), ("budget", "outlay_usd")],
)
def test_figures_that_do_not_follow_from_the_files_are_refused(run: Path, where: str, what: str) -> None:
    """A report never shows a promise that its own tables contradict."""
    rewrite(run / "design.json", lambda design: design[where].update({what: design[where][what] * 1.01}))
    with pytest.raises(InputError, match=f"{where}.{what}"):
        report_of(run)


def test_responses_of_other_practices_are_refused(run: Path) -> None:
    """All files of a folder are of one design."""
    text = (run / "responses.csv").read_text(encoding="utf-8")
    (run / "responses.csv").write_text(text.replace("caring,", "careful,"), encoding="utf-8")
    with pytest.raises(InputError, match="careful"):
        report_of(run)


@pytest.mark.slow
def test_the_command_that_repeats_the_search_does(kept: Path, tmp_path: Path, report: Report) -> None:
    """Typed beside the run folder it gives the same contract."""
    import shlex
    import shutil
    import subprocess
    import sys

    shutil.copytree(kept, tmp_path / "my_design")
    (commands,) = [part for part in report.sections[-1].parts if getattr(part, "commands", False)]
    (again,) = [words for words in commands.items if " solve " in words]  # type: ignore[union-attr]
    words = shlex.split(again)[1:]
    subprocess.run(
        [sys.executable, "-m", "incentive_opt", *words], cwd=tmp_path, check=True, capture_output=True
    )
    first, second = (tmp_path / name / "contract.toml" for name in ("my_design", "my_design-again"))
    assert first.read_text(encoding="utf-8") == second.read_text(encoding="utf-8")
