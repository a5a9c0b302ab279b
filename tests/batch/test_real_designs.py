"""A batch of real searches, verified and simulated: its columns and its page say what the folders say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import incentive_opt as io
from incentive_opt.batch.columns import FIGURES
from incentive_opt.cli.main import main
from incentive_opt.cli.verify import verify_document
from incentive_opt.compare.rows import row_of_folder, row_of_today

MODELS = "quality_bonus,capitation"


def typed(*given: str) -> Any:
    return CliRunner().invoke(main, list(given))


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models on the smallest instance, three seconds each."""
    folder = tmp_path_factory.mktemp("batch") / "out"
    done = typed("batch", "two_practices", "--models", MODELS, "--time-limit", "3", "--margin", "20",
                 "--validate", "--replications", "2", "--jobs", "1", "--out", str(folder))  # fmt: skip
    assert done.exit_code == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def rows(out: Path) -> list[dict[str, Any]]:
    """The table."""
    return list(json.loads(typed("results", str(out), "--json").stdout)["rows"])


def test_columns_are_filled(rows: list[dict[str, Any]]) -> None:
    """Every figure that does not depend on the outcome."""
    may_be_empty = {"qaly_per_extra_million_usd", "least_kept_share"}
    for row in rows:
        assert {name for name in FIGURES if row[name] is None} <= may_be_empty
        assert row["margin_usd"] == 20.0
        assert row["time_limit_seconds"] == 3.0


def test_who_gains_is_what_the_comparison_says(out: Path, rows: list[dict[str, Any]]) -> None:
    """Incomes, children and hours, against the figures of `compare` on the same run folder."""
    instance = io.read_instance("two_practices")
    today = row_of_today(instance, 1)
    for row in rows:
        then = row_of_folder("x", out / row["folder"], instance)
        shares = [entry["change_share"] for entry in then["income"]["practices"]]
        assert row["least_income_change_share"] == pytest.approx(min(shares))
        assert row["most_income_change_share"] == pytest.approx(max(shares))
        counts = {entry["practice"]: entry["count"] for entry in then["income"]["practices"]}
        assert row["practices_gaining"] + row["practices_losing"] <= sum(counts.values())
        hours, before = (sum(entry["hours_used"] for entry in one["staff"]) for one in (then, today))
        assert row["staff_hours_change"] == pytest.approx(hours - before)
        roles = sum(row[f"{role}_hours_change"] for role in ("clinician", "np", "team"))
        assert roles == pytest.approx(hours - before)
        (segment,), (earlier,) = then["segments"], today["segments"]
        change = segment["health_qaly_per_1000_asked"] - earlier["health_qaly_per_1000_asked"]
        assert row["least_health_change_per_1000_qaly"] == pytest.approx(change)
        assert f"{change:+.2f} QALY per 1,000" in row["children_that_gain"]


def test_verdicts_are_those_of_the_commands(out: Path, rows: list[dict[str, Any]]) -> None:
    """As many checks as `verify` has; verdict, reason and simulated figures of validation.json."""
    for row in rows:
        run = out / row["folder"]
        checked = verify_document(run)
        assert (row["verified"], row["verified_broken"]) == ("holds", 0)
        assert row["verified_checks"] == len(checked["checks"])
        validation = json.loads((run / "validation.json").read_text(encoding="utf-8"))
        assert row["verdict"] == validation["verdict"]
        assert row["verdict_why"].startswith("" if row["verdict"] == "holds" else validation["sentences"][0])
        assert bool(row["verdict_why"]) == (row["verdict"] != "holds")
        assert row["simulated_gain_qaly"] == validation["behaviours"][0]["gain"]["simulated_qaly"]


def test_health_per_dollar(rows: list[dict[str, Any]]) -> None:
    """QALY for each million more; words where none more is spent."""
    for row in rows:
        if row["outlay_change_usd"] > 1.0:
            wanted = row["gain_qaly"] / (row["outlay_change_usd"] / 1e6)
            assert row["qaly_per_extra_million_usd"] == pytest.approx(wanted)
            assert row["per_dollar"] == "costs money"
        else:
            assert row["qaly_per_extra_million_usd"] is None
            assert row["per_dollar"] in ("saves money", "costs nothing more")


def test_the_page(out: Path, rows: list[dict[str, Any]]) -> None:
    """Names both models with the health of the table, the command, and where the instance is described."""
    done = typed("results", str(out), "--page", str(out.parent / "page.md"))
    assert done.exit_code == 0, done.stderr
    text = (out.parent / "page.md").read_text(encoding="utf-8")
    for row in rows:
        assert f"| `{row['model']}` | {row['health_qaly']:.2f} |" in text
    assert "--time-limit 3 --margin 20 --replications 2 --validate --out out" in text
    assert "## Two practices" in text
    assert str(out.parent) not in text


def test_broken_promises_are_counted(out: Path, rows: list[dict[str, Any]], tmp_path: Path) -> None:
    """A figure that somebody improved by hand is found and named."""
    from incentive_opt.batch.figures import verified
    from incentive_opt.cli.verify import checks_of

    run = out / rows[0]["folder"]
    text = (run / "design.json").read_text(encoding="utf-8")
    design = json.loads(text)
    design["objective"]["health_qaly"] += 1.0
    try:
        (run / "design.json").write_text(json.dumps(design), encoding="utf-8")
        columns = verified(checks_of(run))
    finally:
        (run / "design.json").write_text(text, encoding="utf-8")
    assert columns["verified"] == "broken"
    assert columns["verified_broken"] >= 1
    assert "health" in columns["verified_why"]
