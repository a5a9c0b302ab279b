"""Commands that write files: where nothing can be written they say so before any work, with exit code 2."""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from incentive_opt.cli.main import main
from incentive_opt.files import room
from tests.validate.towns import honest_design

QUICK = ("two_practices", "--model", "quality_bonus")
SEARCHING = [
    ("solve", *QUICK, "--out"),
    ("solve", *QUICK, "--robust", "--out"),
    ("compare", "two_practices", "--models", "quality_bonus", "--out"),
    ("frontier", *QUICK, "--budgets", "500000:520000:2", "--out"),
    ("frontier", *QUICK, "--vary", "income.floor", "0.9:1.0:2", "--out"),
    ("batch", "two_practices", "--models", "quality_bonus", "--out"),
    ("demo", "--out"),
]
OF_A_DESIGN = [("validate",), ("sensitivity", "--draws", "8"), ("report",), ("report", "--format", "csv")]


WORKING = (
    ("cli.watching", "watch"), ("cli.simulating", "attend"), ("report", "report_of"),
    ("compare.run", "solve"), ("frontier.run", "solve"), ("frontier.variation", "solve"),
    ("batch.run", "run_batch"),
)  # fmt: skip


def typed(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any work is a failure of the test."""

    def work(*_: Any, **__: Any) -> None:
        raise AssertionError("worked before it knew where to write")

    for name, what in WORKING:
        monkeypatch.setattr(import_module(f"incentive_opt.{name}"), what, work)


def no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder takes a file, as if others owned them all."""

    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder / ".1.part"))

    monkeypatch.setattr(room, "_try_a_file", refuse)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of a design that holds; not to be changed."""
    return honest_design(tmp_path_factory.mktemp("honest"))


@pytest.mark.parametrize("words", SEARCHING, ids=" ".join)
def test_a_file_stands_in_the_way(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told before the search: what, where, why and what to do; nothing is made."""
    (tmp_path / "notes").write_text("mine", encoding="utf-8")
    idle(monkeypatch)
    done = typed(*words, tmp_path / "notes" / "out")
    assert done.exit_code == 2, done.output
    assert f"{tmp_path / 'notes' / 'out'}; expected a place where files can be written" in done.stderr
    assert f"{tmp_path / 'notes'} is a file, no folder. Name another place with --out." in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


@pytest.mark.parametrize("words", SEARCHING, ids=" ".join)
def test_a_folder_takes_no_files(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the system says is passed on, without the name of a file that nobody asked for."""
    idle(monkeypatch)
    no_files(monkeypatch)
    done = typed(*words, tmp_path / "out")
    assert done.exit_code == 2, done.output
    assert f"no file can be made in {tmp_path / 'out'} (Permission denied)" in done.stderr
    assert ".part" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", OF_A_DESIGN, ids=" ".join)
def test_a_design_in_a_folder_that_takes_no_files(
    words: tuple[str, ...], kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused before the work, with nothing said of files that are not there."""
    run = Path(shutil.copytree(kept, tmp_path / "run"))
    before = sorted(path.name for path in run.iterdir())
    idle(monkeypatch)
    no_files(monkeypatch)
    for design in (run, run / "design.json"):
        done = typed(words[0], design, *words[1:])
        assert done.exit_code == 2, done.output
        assert "(Permission denied)" in done.stderr
        assert ("--out" if words[0] == "report" else "Copy the run folder") in done.stderr
        assert done.stdout == ""
    assert sorted(path.name for path in run.iterdir()) == before


def test_a_design_that_is_not_there_is_told_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not as a place where nothing can be written."""
    no_files(monkeypatch)
    for words in OF_A_DESIGN:
        done = typed(words[0], tmp_path / "none" / "here", *words[1:])
        assert done.exit_code == 2, done.output
        assert "where files can be written" not in done.stderr


def test_a_report_beside_a_file_or_in_a_device(kept: Path, tmp_path: Path) -> None:
    """Each is called what it is."""
    (tmp_path / "notes").write_text("mine", encoding="utf-8")
    done = typed("report", kept, "--out", tmp_path / "notes" / "x.html")
    assert (done.exit_code, f"{tmp_path / 'notes'} is a file, no folder" in done.stderr) == (2, True)
    for out, words in (("/dev/full", "this is a device"), (str(tmp_path / "notes"), "this is a file")):
        done = typed("report", kept, "--out", out, "--format", "csv")
        assert done.exit_code == 2, done.output
        assert words in done.stderr


def test_figures_are_not_said_to_be_where_they_are_not(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that goes away meanwhile: the findings are shown, and no file is named."""
    run = Path(shutil.copytree(kept, tmp_path / "run"))

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(run / "validation.json"))

    monkeypatch.setattr("incentive_opt.validate.validation.write_atomically", refuse)
    done = typed("validate", run, "--replications", "2", "--behaviour", "rational")
    assert done.exit_code == 1
    assert "Promised and simulated" in done.stdout
    assert "validation.json" not in done.stdout
    assert "The system refused: Permission denied" in done.stderr


def test_results_of_a_batch(tmp_path: Path) -> None:
    """A table or a page beside a file is refused before the batch is read."""
    (tmp_path / "notes").write_text("mine", encoding="utf-8")
    for words in (("--out", tmp_path / "notes" / "a.csv"), ("--page", tmp_path / "notes" / "a.md")):
        done = typed("results", tmp_path, *words)
        assert done.exit_code == 2, done.output
        assert "notes is a file, no folder" in done.stderr
        assert str(words[0]) in done.stderr
