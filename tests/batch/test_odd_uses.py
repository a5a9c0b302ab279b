"""What people do to a batch that nobody meant them to do, and that must not give wrong figures."""

from __future__ import annotations

import csv
import random
import secrets
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from incentive_opt.batch.export import check_target, write_answer
from incentive_opt.batch.folder import BATCH, TABLE, Folder
from incentive_opt.batch.query import Answer, Question, ask
from incentive_opt.batch.study import Study, study_of
from incentive_opt.batch.table import open_table
from incentive_opt.cli.main import main
from incentive_opt.errors import InputError
from tests.batch.batches import carried_out, study_with
from tests.batch.tables import recorded
from tests.conftest import write_small_instance


def test_a_batch_goes_on_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its instances are named so that the same name elsewhere is not taken for them; shipped names stay."""
    for place in ("one", "other"):
        (tmp_path / place / "mine").mkdir(parents=True)
        write_small_instance(tmp_path / place / "mine")
    monkeypatch.chdir(tmp_path / "one")
    study = study_of(None, ["mine", "two_practices"], ["capitation"], [0])
    assert study.products[0].instances == (str(tmp_path / "one" / "mine"), "two_practices")
    monkeypatch.chdir(tmp_path / "other")
    assert Study.from_dict(study.as_dict()) == study


def test_the_files_of_a_batch_are_not_written_over(tmp_path: Path) -> None:
    """Neither plan nor table nor anything in a run folder; a file beside them is fine."""
    out = tmp_path / "out"
    carried_out(study_with([1]), out)
    run = next(Folder(out).runs.iterdir())
    for target in (out / TABLE, out / BATCH, run / "mine.csv"):
        with pytest.raises(InputError, match=r"beside|ends in"):
            check_target(target, Folder(out))
    check_target(out / "best.csv", Folder(out))


def test_the_table_of_another_batch_is_not_believed(tmp_path: Path) -> None:
    """However young it is: the records are read."""
    seed = secrets.randbits(32)
    for name in ("one", "other"):
        recorded(tmp_path / name, 5 if name == "one" else 6, random.Random(f"{seed}{name}"))
    with open_table(Folder(tmp_path / "one")) as connection:
        own = connection.execute("SELECT * FROM results").fetchall()
    shutil.copyfile(tmp_path / "other" / TABLE, tmp_path / "one" / TABLE)
    with open_table(Folder(tmp_path / "one")) as connection:
        assert connection.execute("SELECT * FROM results").fetchall() == own, f"seed {seed}"


def test_conditions_do_not_reach_into_each_other(tmp_path: Path) -> None:
    """Brackets that do not pair within one condition are refused."""
    recorded(tmp_path / "out", 3, random.Random(1))
    with open_table(Folder(tmp_path / "out")) as connection:
        for condition in ("false) OR (true", "true) LIMIT (1"):
            with pytest.raises(InputError):
                ask(connection, Question(where=["gap < 0", condition]))
        assert ask(connection, Question(where=["gap < 0 -- none"])).rows == []


def test_a_design_that_was_tidied_away_is_made_again(tmp_path: Path) -> None:
    """A record without its design does not count as done."""
    out = tmp_path / "out"
    carried_out(study_with([1, 2]), out)
    run = next(Folder(out).runs.iterdir())
    (run / "design.json").unlink()
    assert carried_out(study_with([1, 2]), out)["reused"] == 1
    assert (run / "design.json").is_file()


def test_numbers_that_no_table_holds_are_refused() -> None:
    """Seeds beyond what a column takes, and times beyond what a clock takes."""
    with pytest.raises(InputError, match="below 2 to the power of 63"):
        study_of(None, ["two_practices"], ["capitation"], [2**63])
    with pytest.raises(InputError, match="at most 1e\\+09 seconds"):
        study_of(None, ["two_practices"], ["capitation"], [0], terms={"time_limit": 1e12})


@pytest.mark.parametrize("words", [["--gap", "0"], ["--seed", "5"], ["--iterations", "0"]])
def test_terms_that_are_nothing_are_terms(tmp_path: Path, words: list[str]) -> None:
    """With a term the folder alone is not enough: it is not what was asked before."""
    out = tmp_path / "out"
    carried_out(study_with([1]), out)
    done = CliRunner().invoke(main, ["batch", "--out", str(out), *words])
    assert done.exit_code == 2
    assert "Name an INSTANCE" in done.stderr


def test_no_cell_of_a_csv_is_a_formula(tmp_path: Path) -> None:
    """A spreadsheet shows the text."""
    write_answer(Answer(["name", "gap"], [("=HYPERLINK(1)", -0.5), ("@x", 1.0)]), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == ["'=HYPERLINK(1)", "'@x"]
