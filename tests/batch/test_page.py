"""The page about a batch: whose figures it shows, in which order, and that no text from files does harm."""

from __future__ import annotations

import json
import random
import re
import secrets
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from incentive_opt.batch import page_words as words
from incentive_opt.batch.asked import command_of
from incentive_opt.batch.folder import Folder
from incentive_opt.batch.page import check_page, page, write_page
from incentive_opt.batch.record import DONE, FAILED, NO_DESIGN, UNFIT
from incentive_opt.batch.study import Product, Study, Terms, study_of
from incentive_opt.batch.table import rows_of
from incentive_opt.cli.main import main
from incentive_opt.errors import InputError
from tests.batch.tables import recorded

SEED = secrets.randbits(32)
HOSTILE = "a|b\n# <script>alert(1)</script> `x` [y](z) {{toctree}} *_ &lt;b&gt;"


def row(model: str, health: float = 12.0, **more: Any) -> dict[str, Any]:
    """A row with a design, better than today's health of 10 QALY for 1 million USD more than 20."""
    return {
        "folder": "runs/x", "instance": "town", "model": model, "scenario": "", "seed": 7, "outcome": DONE,
        "why": "", "is_status_quo": False, "health_qaly": health, "status_quo_qaly": 10.0,
        "gain_share": health / 10.0 - 1.0, "upper_bound_qaly": 15.0, "gap": 0.2, "outlay_usd": 21e6,
        "outlay_change_usd": 1e6, "qaly_per_extra_million_usd": health - 10.0, "per_dollar": "costs money",
        "budget_usd": 22e6, "first_best_qaly": 16.0, "kinds": 4, "time_limit_seconds": 9.0, "margin_usd": 2.5,
        "practices_that_gain": "Big office +5.0 %", "practices_that_lose": "Small office −3.0 %",
        "children_that_gain": "Infants +0.10 QALY per 1,000", "children_that_lose": "",
        "staff_hours_change_share": 0.1, "overtime_hours_change": 300.0, "verified": "holds",
        "verdict": "holds",
        "verdict_why": "", "simulated_health_qaly": 11.9, "simulated_outlay_usd": 20.9e6, "ended_by": "time",
        "version": "1", "solver": "HiGHS", "task_seconds": 60.0, "finished": "2026-01-02T03:04:05+00:00",
    } | more  # fmt: skip


def made(tmp_path: Path, rows: list[dict[str, Any]]) -> str:
    """The page about rows, for a batch of two models and two budgets."""
    folder = Folder(tmp_path / "nightly")
    if not folder.path.exists():
        recorded(folder.path, 1, random.Random(SEED), table=False)
    return page(folder, rows, tmp_path / "page.md")


def table_of(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading."""
    lines = text[text.index(heading) :].split("\n")
    start = next(at for at, line in enumerate(lines) if line.startswith("|"))
    end = next(at for at in range(start, len(lines)) if not lines[at].startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[start:end]]


def test_figures_of_a_design(tmp_path: Path) -> None:
    """Health, gain, bound, gap, money, dollars, hours and verdicts stand under their headings."""
    text = made(tmp_path, [row("blended")])
    head, _, today, own = table_of(text, "## town")
    found = dict(zip(head, own, strict=True))
    assert dict(zip(head, today, strict=True))["health"] == "10.00"
    assert dict(zip(head, today, strict=True))["outlay"] == "20.00"
    assert found == {
        "model": "`blended`", "health": "12.00", "gain [%]": "+20.0", "at most": "15.00", "gap [%]": "20.0",
        "outlay": "21.00", "change": "+1.00", "QALY per extra million USD": "2.0", "staff hours [%]": "+10.0",
        "verified": "yes", "holds": "yes", "simulated health": "11.90", "simulated outlay": "20.90",
    }  # fmt: skip
    assert "gain: Big office +5.0 %; Infants +0.10 QALY per 1,000. Lose: Small office −3.0 %." in text
    assert "Overtime: +300 hours" in text
    assert "The budget is 22.00 million USD" in text


def test_the_best_comes_first_and_ties_go_to_the_cheaper(tmp_path: Path) -> None:
    """By health; where health ties by outlay, whatever the order of the rows."""
    rows = [row("low", 11.0), row("dear", 12.0, outlay_usd=22e6), row("cheap", 12.0, outlay_usd=19e6)]
    random.Random(SEED).shuffle(rows)
    own = table_of(made(tmp_path, rows), "## town")[3:]
    assert [cells[0] for cells in own] == ["`cheap`", "`dear`", "`low`"], f"seed {SEED}"


def test_designs_of_one_model_are_told_apart(tmp_path: Path) -> None:
    """By the terms in which they differ, by nothing that they share; the heading says what was changed."""
    rows = [
        row("blended", 13.0),
        row("blended", 12.0, margin_usd=25.0),
        row("blended", 11.0, pieces=2, scenario="payer.budget=1"),
        row("capitation", 11.0, kinds=2, seed=8),
    ]
    text = made(tmp_path, rows)
    names = [cells[0] for cells in table_of(text, "## town\n")[3:]]
    assert names == ["`blended` (margin 2.5 USD)", "`blended` (margin 25 USD)", "`capitation`"]
    assert [cells[0] for cells in table_of(text, "## town (payer.budget=1)")[3:]] == ["`blended`"]


def test_searches_out_of_time_are_counted(tmp_path: Path) -> None:
    """None is not told; one is told as one."""
    assert "time was over" not in made(tmp_path, [row("blended", ended_by="gap")])
    assert "1 search ended because its time was over" in made(tmp_path, [row("blended")])
    assert "2 searches ended because their" in made(tmp_path, [row("blended"), row("capitation")])


def test_what_fails_is_told_with_its_reason(tmp_path: Path) -> None:
    """A verdict, broken promises, no design, an error, a model that does not fit: each where it belongs."""
    why = "The design fails: simulated child by child, 2 of 4 promises are off. The main reason: queues."
    text = made(tmp_path, [
        row("fails", verdict="fails", verdict_why=why),
        row("broken", verified="broken", verified_broken=3, verified_why="outlay: 5 instead of 4"),
        row("none", outcome=NO_DESIGN, why="No money. Nor time. Nor luck. And more that nobody reads."),
        row("error", outcome=FAILED, why="out of the blue"),
        row("other", outcome=UNFIT, why="Not for town: found 'x'."),
        row("same", 10.0, is_status_quo=True, per_dollar="no more health"),
    ])  # fmt: skip
    assert "* `fails`: 2 of 4 promises are off. The main reason: queues." in text
    assert "* `broken`: `verify`: 3 promises are broken: outlay: 5 instead of 4." in text
    assert "* `none`: no design. No money. Nor time. Nor luck.\n" in text
    assert "* `error`: failed. out of the blue" in text
    assert "* `other`: unfit. Not for town: found 'x'." in text
    assert "* `same`: nothing better than today's contract was found." in text
    assert "In 2 of the designs children are healthier than today" in text
    assert "1 of the 2 that are better than today hold" in text
    heads, _, line = table_of(text, "## At a glance")
    glance = dict(zip(heads, line, strict=True))
    assert (glance["fails"], glance["broken"], glance["same"]) == ("+20.0", "**+20.0**", "–")
    assert (glance["none"], glance["error"], glance["other"]) == ("no design", "failed", "")


def test_texts_from_files_stay_texts(tmp_path: Path) -> None:
    """No title, label or reason opens a table cell, a heading, a tag, a link or a directive."""
    rows = [
        row(HOSTILE, practices_that_gain=HOSTILE, verdict="fails", verdict_why=HOSTILE),
        row("x", outcome=NO_DESIGN, why=HOSTILE, scenario=HOSTILE),
    ]
    text = made(tmp_path, rows)
    bare = re.sub(r"\\.", "", text)
    assert "<" not in bare
    assert "[y]" not in bare
    assert "{{" not in bare
    assert "&" not in bare
    lines = [line for line in bare[bare.index("## town") :].split("\n") if line.startswith("|")]
    assert {line.count("|") for line in lines} == {14}


def test_rows_without_figures(tmp_path: Path) -> None:
    """Made-up records lack most columns, and so may those of a batch that was not simulated: no error."""
    folder = Folder(tmp_path / "out")
    recorded(folder.path, 3, random.Random(SEED))
    rows = rows_of(folder).rows
    write_page(folder, rows, tmp_path / "page.md")
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "two\\_practices (payer.budget=500000)" in text, f"seed {SEED}"
    assert "(seed 2)" in text
    assert "None" not in text
    assert "nan" not in text


def test_the_command_that_asks_it_again() -> None:
    """What was named, without this machine's folders; a study file with the seed that was typed."""
    town, model = str(Path.cwd() / "town"), f"{Path.cwd() / 'a.toml'}+b"
    settings = (("payer.budget", (1, 2)),)
    product = Product((town, "two_practices"), ("blended", model), (3, 4), settings)
    study = Study((product,), Terms(kinds=3, validate=True, time_limit=20.0))
    words_typed = "batch town two_practices --models blended,a.toml+b --seeds 3,4 --set payer.budget=1,2"
    assert command_of(json.loads(json.dumps(study.as_dict())), "out") == (
        f"incentive-opt {words_typed} --time-limit 20 --kinds 3 --validate --out out"
    )
    exact = Study((Product(("a",), ("b",)),), Terms(iterations=1_234_567, gap=0.0123456789, margin=25.0))
    said = "a --models b --seed 0 --gap 0.0123456789 --iterations 1234567 --margin 25"
    assert command_of(exact.as_dict(), "out") == f"incentive-opt batch {said} --out out"


@pytest.mark.parametrize(
    ("typed", "words_typed"),
    [
        ({"seeds": [9]}, " --seed 9"),
        ({"terms": {"kinds": 2, "validate": True, "gap": None, "time_limit": 5.0}},
         " --time-limit 5 --kinds 2 --validate"),
        ({"models": ["blended"], "settings": [("rules.stop_loss", (True, False))]},
         " --models blended --set rules.stop_loss=true,false"),
        ({}, ""),
    ],
)  # fmt: skip
def test_what_was_typed_beside_a_study_file_is_said_again(
    tmp_path: Path, typed: dict[str, Any], words_typed: str
) -> None:
    """Also after the batch went on from its folder alone; what the file says is not repeated."""
    file = tmp_path / "study.toml"
    file.write_text(
        'schema = 1\ninstances = ["two_practices"]\nmodels = ["capitation"]\nseeds = [3]\nkinds = 4\n'
    )
    study = study_of(file, **typed)
    kept = Study.from_dict(json.loads(json.dumps(study.as_dict())))
    assert command_of(kept.as_dict(), "o") == f"incentive-opt batch --study study.toml{words_typed} --out o"


def test_the_page_says_what_chose_its_rows_in_words_a_shell_reads(tmp_path: Path) -> None:
    """Conditions, order and number; names with blanks and marks of code do not end their line or block."""
    folder = Folder(tmp_path / "my `` nights ```")
    recorded(folder.path, 4, random.Random(SEED))
    target = tmp_path / "a page.md"
    typed = ["--where", "seed >= 0", "--sort=-seed", "--limit", "2", "--all", "--page", str(target)]
    done = CliRunner().invoke(main, ["results", str(folder.path), *typed])
    assert done.exit_code == 0, done.output
    text = target.read_text(encoding="utf-8")
    fence = re.search(r"^(`+)bash\n", text, re.MULTILINE)
    assert fence is not None
    block = text[fence.end() : text.index(f"\n{fence[1]}\n", fence.end())]
    assert shlex.split(block.split("\n")[-1]) == [
        "incentive-opt", "results", folder.path.name, *typed[:-1], target.name,
    ]  # fmt: skip


def test_a_batch_of_which_nothing_has_ended(tmp_path: Path) -> None:
    """Nothing is said of designs that are not there, nor of versions that are not known."""
    open_rows = [row("x", outcome="open", finished=None, task_seconds=None, ended_by=None)]
    text = made(tmp_path, open_rows)
    assert "Of 1 search, each for a payment model and an instance, 1 are still open.\n" in text
    assert "Nothing has ended yet: 0.0 minutes" in text
    assert "nothing better" not in text.split("## How to read it")[0].split("## At a glance")[0]
    every = made(tmp_path, [row("blended")])
    assert "than is spent today.\n" in every.replace(" Recomputed", "\n")


def test_what_is_no_page(tmp_path: Path) -> None:
    """Another ending, a folder, a name outside UTF-8, no rows: refused, nothing written."""
    (tmp_path / "x.md").mkdir()
    for name in ("page.html", "page", "x.md", "\udcff.md"):
        with pytest.raises(InputError, match=r"ends in \.md"):
            check_page(tmp_path / name)
    folder = Folder(tmp_path / "out")
    recorded(folder.path, 1, random.Random(SEED))
    with pytest.raises(InputError, match="conditions hold"):
        write_page(folder, [], tmp_path / "page.md")
    done = CliRunner().invoke(main, ["results", str(folder.path), "--page", "a.md", "--group", "model"])
    assert (done.exit_code, "whole rows" in done.stderr) == (2, True)
    assert not (tmp_path / "page.md").exists()


def test_figures_in_words() -> None:
    """No minus zero, no plus before nothing, a dash where there is no figure."""
    assert words.number(-0.001, 1, signed=True) == "0.0"
    assert words.number(None) == "–"
    assert words.percent(-0.0312, signed=True) == "−3.1"
    assert (words.health(999.994), words.health(21032.4)) == ("999.99", "21,032")
    assert (words.money(435_000.0), words.money(-4.52e6, signed=True)) == ("0.435", "−4.52")
    assert words.joined(["a", "b", "c"]) == "a, b and c"
    assert (words.joined(["a"]), words.joined([])) == ("a", "")
