"""Cases in processes: the same as without, whatever becomes of the processes."""

from __future__ import annotations

import os
import secrets
import signal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from incentive_opt.files import read_run_folder
from incentive_opt.sensitivity import crew
from incentive_opt.sensitivity.cases import Asked, Case, look
from incentive_opt.sensitivity.crew import look_at_all

TASKS = 18


@pytest.fixture(scope="module")
def asked(kept: Path) -> Asked:
    _, instance, _, contract = read_run_folder(kept)
    return Asked(instance, 1, (contract,))


@pytest.fixture(scope="module")
def tasks() -> list[dict[str, float]]:
    seed = secrets.randbelow(10**6)
    random = Random(seed)
    return [{"busy_altruism": random.uniform(2500, 9000), "long_visit": 30.0} for _ in range(TASKS)]


@pytest.fixture(scope="module")
def alone(asked: Asked, tasks: list[dict[str, float]]) -> list[Case | None]:
    return look_at_all(asked, tasks, processes=1)


def test_processes_change_nothing(
    asked: Asked, tasks: list[dict[str, float]], alone: list[Case | None]
) -> None:
    """Two processes give bit by bit what one gives, in the same order."""
    heard: list[int] = []
    assert look_at_all(asked, tasks, processes=2, tell=heard.append) == alone
    assert alone[0] == look(asked, tasks[0])
    assert heard[-1] == TASKS
    assert heard == sorted(heard)


def test_killed_processes_lose_nothing(
    asked: Asked, tasks: list[dict[str, float]], alone: list[Case | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What processes that die had begun is done by others or here."""
    killed: list[int] = []

    class Mortal(crew.Partner):
        def ask(self, thing: object) -> Any:
            if len(killed) < 2:
                killed.append(self.process.pid)
                os.kill(self.process.pid, signal.SIGKILL)
            return super().ask(thing)

    monkeypatch.setattr(crew, "Partner", Mortal)
    assert look_at_all(asked, tasks, processes=2) == alone
    assert len(killed) == 2


def test_a_stop_keeps_the_first_cases(
    asked: Asked, tasks: list[dict[str, float]], alone: list[Case | None]
) -> None:
    """Once stopped no other case is begun, and what is done is given, in order."""
    done: list[int] = []
    found = look_at_all(asked, tasks, processes=1, tell=done.append, stop=lambda: sum(done) >= 3)
    assert found == alone[:2]
    assert look_at_all(asked, tasks, stop=lambda: True) == []


def test_a_bug_in_a_process_is_told(
    asked: Asked, tasks: list[dict[str, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error there is an error here, and not a case without an answer."""
    monkeypatch.setattr(crew.Partner, "ask", lambda *_: "Traceback: something broke")
    with pytest.raises(RuntimeError, match="something broke"):
        look_at_all(asked, tasks, processes=2)


def test_a_panel_that_cannot_be_served_is_no_case(asked: Asked) -> None:
    """Where the smallest panel takes more time than there is, there is nothing to say."""
    from dataclasses import replace

    staff = dict(asked.given.staff)
    staff["clinician"] = replace(staff["clinician"], panel_minutes_per_child=1e5)
    assert look(replace(asked, given=replace(asked.given, staff=staff)), {}) is None
