"""Progress in words, and signals that come twice at once."""

from __future__ import annotations

import os
import signal
import time

import pytest

from incentive_opt.cli import watching
from incentive_opt.cli.design_view import CHEAPER, unspent
from incentive_opt.solve import Progress


def test_progress_compares_with_today() -> None:
    """The best so far, its distance from today, and the limit."""
    progress = Progress("climb", 3, 16740.4459, 29863.1, 12.0, 16000.0)
    assert watching.health_text(progress) == "best so far 16,740 QALY (+4.6 %)"
    assert watching.bound_text(progress) == "at most 29,863"


def test_short_work_is_silent(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said before two seconds, then one line until something changes."""
    lines = watching._Lines()
    progress = Progress("climb", 3, 12.3, 13.0, 1.0, 9.0)
    lines(progress, False)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(lines, "started", lines.started - 5.0)
    lines(progress, False)
    lines(progress, False)
    assert capsys.readouterr().err.count("best so far 12.30 QALY") == 1


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_two_signals_at_once_are_one(capsys: pytest.CaptureFixture[str]) -> None:
    """The work is asked to stop and ends by itself."""

    def work(report: watching.Report, stop: watching.Stop) -> str:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.2)
        return "stopped" if stop() else "went on"

    assert watching.watch(work) == "stopped"
    assert capsys.readouterr().err.count("Stopping") == 1


def test_what_binds_is_named_where_budget_is_left() -> None:
    """Above 1 % left: who is at an income limit; below, nothing."""
    design = {
        "objective": {"gap": 0.0, "gap_asked": 0.01},
        "budget": {"limit_usd": 1e6, "outlay_usd": 9e5},
        "labels": {"practices": {"solo": "Solo owner"}},
        "practices": [
            {
                "practice": "solo",
                "net_income_usd": 149_900.0,
                "income_ceiling_usd": 150_000.0,
                "income_floor_usd": 97_000.0,
            }
        ],
    }
    assert unspent(design) == [
        "100,000 USD/year of the budget, 10.0 %, is left unspent; what binds instead: "
        f"Solo owner is at the highest net income allowed. {CHEAPER}"
    ]
    design["budget"]["outlay_usd"] = 995_000.0
    assert unspent(design) == []
