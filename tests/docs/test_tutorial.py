"""The tutorial: every command in it works as it stands, and says what the page promises."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
COMMAND = """\
import sys

sys.path.insert(0, {root!r})
from incentive_opt.cli.main import main

main()
"""


def blocks() -> list[tuple[str, str]]:
    """Every block of the page, in order: its language and its text."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that looks like a checkout whose set-up is done."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "instances", folder / "instances")
    (folder / "cli.py").write_text(COMMAND.format(root=str(ROOT)), encoding="utf-8")
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python3"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    return folder


@pytest.mark.skipif(os.name == "nt", reason="the page is typed in a shell")
def test_every_command_of_the_tutorial_works(checkout: Path) -> None:
    """Typed in order, each block of commands ends well and prints what stands below it."""
    path = f"{checkout.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1", "COLUMNS": "200"}
    said = ""
    for language, text in blocks():
        if language == "bash":
            done = subprocess.run(["sh", "-eu", "-c", text], cwd=checkout, env=environment, check=False,
                                  capture_output=True, text=True)  # fmt: skip
            assert done.returncode == 0, f"{text}\n{done.stderr}"
            said = " ".join(done.stdout.split())
        else:
            for line in text.splitlines():
                assert " ".join(line.split()) in said


def test_the_page_shows_a_whole_design() -> None:
    """From a copy of an instance to a verified design, all commands are there."""
    typed = "".join(text for language, text in blocks() if language == "bash")
    for words in ("check ../mine", "solve ../mine", "verify ../my_design", "respond ../mine --contract"):
        assert f"python3 cli.py {words}" in typed


def test_what_the_page_says_of_answers(checkout: Path) -> None:
    """Eight dollars move the caring practices only, and the contract is the one on the page."""
    from incentive_opt.files import read_contract, read_instance
    from incentive_opt.formulation.status_quo import respond

    (written,) = [text for language, text in blocks() if "<<'END'" in text]
    contract = checkout / "contract.toml"
    contract.write_text(written.split("<<'END'\n")[1].split("END\n")[0], encoding="utf-8")
    instance = read_instance(checkout / "instances" / "two_practices")
    answers = respond(instance, read_contract(contract, instance))
    assert {one.practice: one.response.tiers["thorough_visit"] for one in answers} == {"busy": 0, "caring": 1}
