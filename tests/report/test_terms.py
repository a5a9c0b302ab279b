"""Terms of a contract that are no prices, and fees held back, in the report."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner

from incentive_opt import solve
from incentive_opt.cli.main import main
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.lines import Benchmarks
from incentive_opt.domain.sharing import PLAIN, Sharing
from incentive_opt.report.parts import Paragraph
from incentive_opt.report.sections.terms import terms

SHARE = {("shared_savings", "care_elsewhere"): 0.5}


@pytest.mark.parametrize(
    ("sharing", "said", "unsaid"),
    [
        (
            Sharing(0.02, 0.25, 0.0, True),
            ("less than 2 %", "beyond 25 %", "Nobody owes", "first tier"),
            ("Losses",),
        ),
        (Sharing(0.0, None, 0.2), ("Losses beyond 20 %",), ("less than", "Savings beyond", "first tier")),
        (Sharing(0.035), ("less than 3.5 %",), ("beyond", "Nobody")),
    ],
)
def test_terms_of_sharing_in_words(sharing: Sharing, said: tuple[str, ...], unsaid: tuple[str, ...]) -> None:
    """What is set is told, what is not set is not."""
    (part,) = terms(Contract(lines=SHARE, benchmarks=Benchmarks(sharing=sharing)))
    assert isinstance(part, Paragraph)
    assert all(words in part.text for words in said), part.text
    assert not any(words in part.text for words in unsaid), part.text


def test_nothing_is_said_where_nothing_is_shared() -> None:
    """Plain terms, and terms without a share; that others' work counts is told by itself."""
    assert terms(Contract(lines=SHARE, benchmarks=Benchmarks(sharing=PLAIN))) == []
    assert terms(Contract(benchmarks=Benchmarks(sharing=Sharing(0.02)))) == []
    (part,) = terms(Contract(benchmarks=Benchmarks(counts_elsewhere=True)))
    assert isinstance(part, Paragraph)
    assert "whoever closed it" in part.text


def test_what_is_held_back_and_when_it_is_returned(tmp_path: Path) -> None:
    """A quarter held back, half of it returned by each tier; nobody is there today, then all are."""
    solve("two_practices", "withhold", iteration_limit=200).write(tmp_path / "run")
    made = CliRunner().invoke(main, ["report", str(tmp_path / "run"), "--format", "csv"])
    assert made.exit_code == 0, made.output
    (file,) = (tmp_path / "run").rglob("*returns.csv")
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [float(row["threshold [%]"]) for row in rows] == [50.0, 90.0]
    assert [float(row["returned [% of today's fees]"]) for row in rows] == pytest.approx([12.5, 12.5])
    assert [float(row["practices at the threshold today [%]"]) for row in rows] == [0.0, 0.0]
    assert [float(row["under the design [%]"]) for row in rows] == [100.0, 100.0]
    page = CliRunner().invoke(main, ["report", str(tmp_path / "run"), "--out", str(tmp_path / "page.html")])
    assert page.exit_code == 0
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "holds back a part of today&#39;s fees" in text or "holds back a part of today's fees" in text
    assert "withhold (Well-child visits with full content)" in text
