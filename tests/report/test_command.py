"""``incentive-opt report``: what it writes where, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from incentive_opt.cli.main import main


def report(*words: str | Path) -> Result:
    """Run the command as typed."""
    return CliRunner().invoke(main, ["report", *map(str, words)])


def test_page_goes_into_the_run_folder(run: Path) -> None:
    """report.html beside design.json, for the folder and for the file in it; the rest stays as it was."""
    before = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    for design in (run, run / "design.json"):
        result = report(design)
        assert result.exit_code == 0, result.output
        assert f"Written: {run / 'report.html'}" in result.output
    text = (run / "report.html").read_text(encoding="utf-8")
    assert "the design is the best there is" in text
    after = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"report.html"}


@pytest.mark.parametrize(
    ("words", "written"),
    [
        (("--format", "xlsx"), "my_design/report.xlsx"),
        (("--format", "csv"), "my_design/report_csv/contents.csv"),
        (("--out", "a.xlsx"), "a.xlsx"),
        (("--out", "a.zip"), "a.zip"),
        (("--out", "a.HTM"), "a.HTM"),
        (("--out", "new/folder", "--format", "csv"), "new/folder/money.csv"),
        (("--out", "new/page.html"), "new/page.html"),
    ],
)
def test_formats(run: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], written: str) -> None:
    """The format as asked for, or as the file ends; twice, since a report may be written again."""
    monkeypatch.chdir(run.parent)
    for _ in range(2):
        result = report(run, *words)
        assert result.exit_code == 0, result.output
    assert (run.parent / written).stat().st_size > 100


@pytest.mark.parametrize(
    "words",
    [
        ("--out", "my_design/design.json"),
        ("--out", "my_design/contract.toml"),
        ("--out", "my_design", "--format", "csv"),
        ("--out", "my_design/instance", "--format", "csv"),
        ("--out", "a.xlsx", "--format", "html"),
        ("--out", "a.csv", "--format", "csv"),
        ("--out", "folder.html"),
    ],
)
def test_nothing_else_is_overwritten(
    run: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """A name that does not go with the format, or that stands for other files, is refused."""
    monkeypatch.chdir(run.parent)
    (run.parent / "folder.html").mkdir()
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    result = report(run, *words)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("two_practices", "solve two_practices --out DIR"),
        ("blended", "solve INSTANCE --model blended"),
        ("nowhere", "nowhere"),
    ],
)
def test_what_is_no_design_is_told(name: str, said: str) -> None:
    """An instance, a model or nothing at all: exit code 2 and what to do."""
    result = report(name)
    assert result.exit_code == 2
    assert said in result.output


def test_other_files_of_a_design_are_no_design(run: Path) -> None:
    """A file beside design.json is told from it, without a traceback."""
    for name in ("contract.toml", "responses.csv", "instance"):
        result = report(run / name)
        assert result.exit_code == 2, (name, result.output)


def test_other_commands_do_not_load_what_draws() -> None:
    """What draws and writes reports is loaded by `report` alone."""
    code = (
        "import sys; from incentive_opt.cli.main import main\n"
        "for words in (['--help'], ['list'], ['show', 'two_practices'], ['report', '--help']):\n"
        "    try: main(words, standalone_mode=False)\n"
        "    except SystemExit: pass\n"
        "print(*[n for n in ('matplotlib', 'jinja2', 'xlsxwriter') if n in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == ""
