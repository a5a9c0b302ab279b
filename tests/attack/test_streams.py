"""Standard output holds what was asked for, whatever the solver prints and whoever reads."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from incentive_opt.files.library import find_instance

COMMAND = [sys.executable, "-m", "incentive_opt"]
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX streams")


def steep(folder: Path) -> Path:
    """Two practices with a curve so steep that HiGHS prints lines of its own to standard output."""
    target = folder / "steep"
    shutil.copytree(find_instance("two_practices"), target, ignore=shutil.ignore_patterns("README.md"))
    (target / "courses.csv").unlink()  # admissions of 5,000 USD cannot go with so steep a curve
    health = target / "health.csv"
    health.write_text(health.read_text(encoding="utf-8").replace(",1:1,", ",1e-9:0.9;1:1,"), encoding="utf-8")
    return target


def test_json_is_nothing_but_json(tmp_path: Path) -> None:
    """Each command's standard output is one JSON document, though the solver writes to descriptor 1."""
    folder = str(tmp_path / "run")
    for words in (["solve", str(steep(tmp_path)), "--json", "--out", folder], ["verify", folder, "--json"]):
        done = subprocess.run([*COMMAND, *words], capture_output=True, check=True, timeout=300)
        assert json.loads(done.stdout)["schema"] == 1


@POSIX
def test_closed_standard_output_is_no_bug() -> None:
    """Started with standard output closed, a command does its work in silence."""
    done = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *COMMAND, "list"], capture_output=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, b"")


def test_design_does_not_fill_a_folder_by_accident(tmp_path: Path) -> None:
    """``--out ""``, as an unset variable gives it, is refused where other files stand."""
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    words = ["solve", "two_practices", "--out", "", "--quiet"]
    done = subprocess.run([*COMMAND, *words], capture_output=True, cwd=tmp_path, timeout=120)
    assert done.returncode == 2
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]
