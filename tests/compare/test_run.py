"""Comparing models: rows, what is kept and taken up again, what is refused."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import incentive_opt as io
from incentive_opt.cli.comparison_view import show
from incentive_opt.compare import Terms, compare
from incentive_opt.compare import run as run_module
from incentive_opt.errors import InputError, NoDesign
from incentive_opt.solve.kept import Ended, Work
from tests.conftest import edit

PLACE = "two_practices"
MODELS = ["quality_bonus", "capitation", "care_management_fee"]
TERMS = Terms(gap=0.01, time_limit=20.0, iteration_limit=40)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A comparison of two models that fit the instance and one that does not."""
    folder = tmp_path_factory.mktemp("comparison")
    return folder, compare(PLACE, MODELS, folder, terms=TERMS)


def no_search(*_: Any, **__: Any) -> Any:
    raise AssertionError("this was to be taken from the folder")


def test_rows_are_the_designs(compared: tuple[Path, dict[str, Any]]) -> None:
    """Each row says what its design says; the model that names what the instance lacks says so."""
    folder, document = compared
    bonus, capitation, other = document["rows"]
    assert [row["name"] for row in document["rows"]] == MODELS
    assert document["today"]["health_qaly"] == pytest.approx(9.0)
    assert bonus["health_qaly"] == pytest.approx(12.3)
    assert bonus["gain_share"] == pytest.approx(3.3 / 9.0)
    for row in (bonus, capitation):
        design = io.load_design(folder / row["name"])
        assert row["outlay_usd"] == design["budget"]["outlay_usd"]
        assert row["upper_bound_qaly"] == design["objective"]["upper_bound_qaly"]
        then = sum(p["count"] * p["net_income_usd"] for p in design["practices"])
        now = sum(p["count"] * p["status_quo_net_income_usd"] for p in design["practices"])
        assert row["income"]["mean_change_share"] == pytest.approx((then - now) / now)
        assert sum(part["health_qaly"] for part in row["segments"]) == pytest.approx(row["health_qaly"])
        assert not row["reused"]
    assert not other["found"]
    assert "complex" in other["why"]
    assert json.loads((folder / "comparison.json").read_text(encoding="utf-8")) == document
    assert len((folder / "comparison.csv").read_text(encoding="utf-8").splitlines()) == 1 + 1 + len(MODELS)


def test_every_figure_is_a_column(compared: tuple[Path, dict[str, Any]]) -> None:
    """Incomes by practice type, children by group, staff by role and equity: in the CSV as in the JSON."""
    folder, document = compared
    with (folder / "comparison.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert document["ranking"] == ["capitation", "quality_bonus"]  # 18 QALY and 12.3
    for one in (document["today"], *document["rows"][:2]):
        row = rows[one["name"]]
        for entry in one["income"]["practices"]:
            assert float(row[f"income_{entry['practice']}_net_income_usd"]) == entry["net_income_usd"]
            assert float(row[f"income_{entry['practice']}_change_share"]) == entry["change_share"]
        for entry in one["segments"]:
            assert float(row[f"children_{entry['segment']}_covered_share"]) == entry["covered_share"]
        for entry in one["staff"]:
            assert float(row[f"staff_{entry['role']}_hours_used"]) == entry["hours_used"]
            assert float(row[f"staff_{entry['role']}_hours_overtime"]) == entry["hours_overtime"]
        assert float(row["equity_covered_spread_share"]) == one["equity"]["covered_spread_share"]
        assert row["per_dollar"] == one["per_dollar"]
    assert rows["care_management_fee"]["income_busy_net_income_usd"] == ""


def test_what_is_there_is_taken(
    compared: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same command searches nothing again; with another seed, budget or gap it does."""
    folder, document = compared
    monkeypatch.setattr(run_module, "solve", no_search)
    again = compare(PLACE, MODELS, folder, terms=TERMS)
    assert [row.pop("reused", None) for row in again["rows"]] == [True, True, None]
    assert again["rows"] == [{k: v for k, v in row.items() if k != "reused"} for row in document["rows"]]
    for other in (
        Terms(0.01, 20.0, 1, 40), Terms(0.02, 20.0, 0, 40), Terms(0.01, 20.0, 0, 40, budget=520_000.0)
    ):  # fmt: skip
        with pytest.raises(AssertionError, match="taken from the folder"):
            compare(PLACE, MODELS[:1], folder, terms=other)


def test_changed_files_are_searched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One number of the instance, or one of the model, is another search; also where nothing was found."""
    mine = Path(shutil.copytree(io.read_instance(PLACE).path, tmp_path / "mine"))
    model = Path(shutil.copy(io.read_model("quality_bonus").path, tmp_path / "bonus.toml"))
    out, terms = tmp_path / "out", Terms(0.01, 20.0, 0, 40)
    assert compare(mine, [model], out, terms=terms)["rows"][0]["health_qaly"] == pytest.approx(12.3)
    edit(mine / "instance.toml", "budget = 515000.0", "budget = 1.0")
    assert compare(mine, [model], out, terms=terms)["rows"][0]["found"] is False
    edit(mine / "instance.toml", "budget = 1.0", "budget = 520000.0")
    assert compare(mine, [model], out, terms=terms)["rows"][0]["found"] is True
    monkeypatch.setattr(run_module, "solve", no_search)
    assert compare(mine, [model], out, terms=terms)["rows"][0]["reused"] is True
    edit(model, "upper = 60.0", "upper = 61.0")
    with pytest.raises(AssertionError, match="taken from the folder"):
        compare(mine, [model], out, terms=terms)


def test_a_stopped_comparison_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was stopped is searched again, what was not begun is searched, what ended is taken."""

    def stopping(work: Work) -> Ended:
        stopping.calls += 1  # type: ignore[attr-defined]
        if stopping.calls == 1:  # type: ignore[attr-defined]
            return work(None, None)
        return Ended(None, "No design yet.", True)

    stopping.calls = 0  # type: ignore[attr-defined]
    models = ["quality_bonus", "capitation", "blended"]
    first = compare(PLACE, models, tmp_path, terms=TERMS, attend=stopping)
    assert [row["found"] for row in first["rows"]] == [True, False, False]
    assert first["complete"] is False
    assert [row.get("why") for row in first["rows"]][1:] == ["No design yet.", run_module.STOPPED_BEFORE]
    searched: list[str] = []

    def noting(instance: Any, given: str, **options: Any) -> Any:
        searched.append(given)
        return io.solve(instance, given, **options)

    monkeypatch.setattr(run_module, "solve", noting)
    second = compare(PLACE, models, tmp_path, terms=TERMS)
    assert searched == ["capitation", "blended"]
    assert [row["found"] for row in second["rows"]] == [True, True, True]
    assert second["complete"] is True


def test_a_killed_run_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    """A run folder that was half written is made anew; a whole one whose files were damaged, too."""
    compare(PLACE, ["quality_bonus"], tmp_path, terms=TERMS)
    note = tmp_path / "quality_bonus.asked.json"
    kept = json.loads(note.read_text(encoding="utf-8"))
    (tmp_path / "quality_bonus" / "design.json").unlink()
    note.write_text(json.dumps(kept | {"outcome": "writing"}), encoding="utf-8")
    assert compare(PLACE, ["quality_bonus"], tmp_path, terms=TERMS)["rows"][0]["reused"] is False
    (tmp_path / "quality_bonus" / "responses.csv").write_text("practice\n", encoding="utf-8")
    assert compare(PLACE, ["quality_bonus"], tmp_path, terms=TERMS)["rows"][0]["reused"] is False


def test_other_peoples_files_are_left_alone(tmp_path: Path) -> None:
    """A folder in the way that no comparison was writing is refused before any search."""
    (tmp_path / "quality_bonus").mkdir()
    mine = tmp_path / "quality_bonus" / "mine.txt"
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="this one holds other files"):
        compare(PLACE, ["quality_bonus"], tmp_path, terms=TERMS)
    assert mine.read_text(encoding="utf-8") == "mine"


def test_nothing_found_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A budget that no contract keeps: the reason stands in the row, and is not sought again."""
    terms = Terms(0.01, 20.0, 0, 40, budget=1.0)
    document = compare(PLACE, ["quality_bonus", "capitation"], tmp_path, terms=terms)
    assert [row["found"] for row in document["rows"]] == [False, False]
    assert all(len(row["why"]) > 20 for row in document["rows"])
    monkeypatch.setattr(run_module, "solve", no_search)
    assert compare(PLACE, ["quality_bonus", "capitation"], tmp_path, terms=terms) == document


def test_one_failure_does_not_stop_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model without a design stands between those with one."""

    def solve(instance: Any, given: str, **options: Any) -> Any:
        if given == "capitation":
            raise NoDesign("Nothing, for a test.")
        return io.solve(instance, given, **options)

    monkeypatch.setattr(run_module, "solve", solve)
    document = compare(PLACE, ["capitation", "quality_bonus"], tmp_path, terms=TERMS)
    assert [row["found"] for row in document["rows"]] == [False, True]
    assert document["rows"][0]["why"] == "Nothing, for a test."


def test_designs_stand_beside(compared: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    """A design with two kinds of practice is compared with today in as many kinds."""
    folder, document = compared
    kinds = tmp_path / "kinds"
    design = io.solve(PLACE, "quality_bonus", gap=0.01, kinds=2, time_limit=30.0)
    design.write(kinds)
    made = compare(PLACE, [], tmp_path / "out", designs=[folder / "quality_bonus", kinds])
    one, two = made["rows"]
    assert one["health_qaly"] == document["rows"][0]["health_qaly"]
    assert (two["kinds"], two["health_qaly"]) == (2, pytest.approx(design.health))
    assert [part["practice"] for part in two["income"]["practices"]] == ["busy", "caring"]
    assert two["segments"][0]["health_qaly"] == pytest.approx(design.health)


def test_a_design_on_finer_curves_is_held_against_today_on_as_fine_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where no price moves nobody's health changes, and a line says on which curves that is."""
    still = tmp_path / "still.toml"
    still.write_text(
        'schema = 1\ntitle = "Still"\ndescription = "No price moves."\n[[levers]]\nkind = "fee"\n'
        'lower_multiple = 1.0\nupper_multiple = 1.0\nunit = "USD/service"\n',
        encoding="utf-8",
    )
    run = tmp_path / "run"
    io.solve("convenience_leakage", still, pieces=3, time_limit=10.0, budget=1e9).write(run)
    document = compare("convenience_leakage", [], tmp_path / "out", designs=[run])
    (row,) = document["rows"]
    assert row["gain_qaly"] == pytest.approx(0.0, abs=1e-9)
    ends = (row["equity"]["worst"], row["equity"]["best"])
    changes = [end["change_qaly_per_1000_asked"] for end in ends if end]
    assert changes == pytest.approx([0.0] * len(changes), abs=1e-9)
    show(document, tmp_path / "out")
    assert "3 pieces for each of an effect curve; its gain is" in capsys.readouterr().out


def test_what_makes_no_sense_is_refused_at_once(tmp_path: Path) -> None:
    """Every problem together, before anything is searched or written."""
    with pytest.raises(InputError) as caught:
        compare(PLACE, ["capitaton", "blended", "blended"], tmp_path, designs=[tmp_path / "nowhere"])
    said = str(caught.value)
    assert "Did you mean 'capitation'?" in said
    assert "every model once" in said
    assert "nowhere" in said
    with pytest.raises(InputError, match="at least one model or design"):
        compare(PLACE, [], tmp_path)
    with pytest.raises(InputError, match="gap"):
        compare(PLACE, ["blended"], tmp_path, terms=Terms(gap=5.0))
    with pytest.raises(InputError, match="holds an instance"):
        compare(PLACE, ["blended"], io.read_instance(PLACE).path)
    assert list(tmp_path.iterdir()) == []


def test_a_design_of_another_instance_is_refused(
    compared: tuple[Path, dict[str, Any]], small_instance: Path, tmp_path: Path
) -> None:
    """Figures of two instances do not stand side by side."""
    with pytest.raises(InputError, match="Compare designs of the same instance"):
        compare(small_instance, [], tmp_path, designs=[compared[0] / "quality_bonus"])
