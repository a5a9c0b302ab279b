"""Every code block of the pages is run as it stands, or says in `plan.py` why not."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from incentive_opt.cli.kinds import CONTRACT, MODEL, kind_of
from incentive_opt.files import read_contract, read_model
from incentive_opt.files.columns import TABLES
from incentive_opt.files.schemas import InstanceFile
from tests.docs.blocks import COMMANDS, OTHER, PYTHON, ROOT, SAID, TABLE, TOML, Block, blocks_of, pages
from tests.docs.checkout import copy, environment, lend_packages
from tests.docs.plan import NOT_RUN, SAVED, SHORTENED, saved_as, shortened, why_not

FRESH = "docs/tutorial.md"
"""The page that is typed into a checkout without an environment, from the set-up on."""
PATIENCE = 1800.0
"""A block takes so long at most [s]."""
ALL = [block for page in pages() for block in blocks_of(page)]
TYPED = sorted({block.page for block in ALL if block.kind in (COMMANDS, PYTHON)})


def test_every_block_is_run_or_says_why_not() -> None:
    """A block that is neither commands, Python, TOML nor what was said has a reason."""
    assert [str(block) for block in ALL if block.kind == OTHER and not why_not(block)] == []


def test_what_was_said_follows_commands() -> None:
    """Text to compare stands below commands, which it can be compared with."""
    lost = []
    for page in pages():
        before = None
        for block in blocks_of(page):
            if block.kind == SAID and (before is None or before.kind not in (COMMANDS, PYTHON, SAID)):
                lost.append(str(block))
            before = block
    assert lost == []


def test_no_reason_is_stale() -> None:
    """Every entry of the tables fits a block of today's pages."""
    stale: list[object] = [
        one
        for one in SHORTENED
        if not any(block.page == one.page and one.old in "\n" + block.text for block in ALL)
    ]
    for one in (*NOT_RUN, *SAVED):
        if not any(block.page == one.page and block.first.startswith(one.begins) for block in ALL):
            stale.append(one)
    assert stale == []


def test_blocks_are_found() -> None:
    """The pages have commands, Python and TOML; a fence that is never closed would hide them."""
    for page in pages():
        fences = [
            line for line in (ROOT / page).read_text(encoding="utf-8").splitlines() if line.startswith("```")
        ]
        assert len(fences) % 2 == 0, page
    assert {COMMANDS, PYTHON, TOML, SAID} <= {block.kind for block in ALL}
    assert {"README.md", FRESH, "docs/how_to/bring_my_own_data.md"} <= set(TYPED)


@pytest.mark.parametrize("block", [block for block in ALL if block.kind == TOML], ids=str)
def test_toml_is_what_the_program_reads(block: Block, tmp_path: Path) -> None:
    """Every TOML block is read by the strict reader of what it is; … in names is put right first."""
    if why_not(block):
        return
    text = block.text.replace('source = "…"', 'source = "KEY"').replace('measure = "…"', 'measure = "KEY"')
    read = tomllib.loads(text)
    if "payer" in read:
        staff = read["staff"]  # the page shows one role of three
        read["staff"] = dict.fromkeys(("clinician", "np", "team"), staff["clinician"])
        InstanceFile.model_validate(read)
        return
    file = tmp_path / "file.toml"
    file.write_text(text, encoding="utf-8")
    if kind_of(file) == MODEL:
        read_model(file)
    else:
        assert kind_of(file) == CONTRACT, block
        read_contract(file)


@pytest.mark.parametrize("block", [block for block in ALL if block.kind == TABLE], ids=str)
def test_tables_have_columns_that_there_are(block: Block) -> None:
    """The columns of a CSV block are those of one table of an instance, and every row fits them."""
    header, *rows = csv.reader(block.text.splitlines())
    assert any(set(header) <= {column.name for column in layout.columns} for layout in TABLES), header
    assert rows
    assert {len(row) for row in rows} == {len(header)}


@pytest.fixture(scope="module")
def lent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout for all pages but one, with packages lent to it; the simulator is compiled once in it."""
    folder = copy(tmp_path_factory.mktemp("lent") / "checkout")
    lend_packages(folder)
    return folder


def _cleared(folder: Path) -> Path:
    """The checkout as it was before another page was typed: nothing new in it and beside it."""
    for path in folder.parent.iterdir():
        if path != folder:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in folder.iterdir():
        if path.name != ".venv" and not (ROOT / path.name).exists():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.rmtree(folder / "runs", ignore_errors=True)
    return folder


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the pages are typed in a shell")
@pytest.mark.parametrize("page", [page for page in TYPED if page != FRESH])
def test_a_page_works_as_it_stands(page: str, lent: Path) -> None:
    """Typed in order in one folder, every block ends well and prints what stands below it."""
    type_page(page, _cleared(lent))


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the page is typed in a shell")
def test_the_tutorial_works_in_a_fresh_checkout(tmp_path: Path) -> None:
    """From files alone: the first command sets up what is needed, and every command of the page works."""
    folder = copy(tmp_path / "checkout")
    assert not (folder / ".venv").exists()
    done = subprocess.run([sys.executable, "cli.py", "list"], cwd=folder, env=environment(folder),
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (folder / ".venv").is_dir()
    type_page(FRESH, folder)


def type_page(page: str, folder: Path) -> None:
    """Type every block of a page in a checkout."""
    said = ""
    for block in blocks_of(page):
        if why_not(block):
            continue
        if file := saved_as(block):
            (folder / file).write_text(block.text, encoding="utf-8")
        elif block.kind == COMMANDS:
            said = run(["bash", "-eu", "-c", shortened(block)], folder, block)
        elif block.kind == PYTHON:
            said = run([".venv/bin/python", "-c", shortened(block)], folder, block)
        elif block.kind == SAID:
            for line in block.text.splitlines():
                assert " ".join(line.split()) in said, f"{block}: {line!r} is not in\n{said}"


def run(words: list[str], folder: Path, block: Block) -> str:
    """What a block prints, in one line; it has to end well."""
    done = subprocess.run(
        words, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False,
        timeout=PATIENCE, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, (
        f"{block}\nexit code {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    )
    return " ".join(done.stdout.split())


def test_the_plan_is_told() -> None:
    """The tables that are printed name every entry."""
    from tests.docs.plan import told

    assert len(told()) == len(SHORTENED) + len(NOT_RUN)
