"""How time is shared between closing the gap and searching."""

from __future__ import annotations

import secrets

import pytest

from incentive_opt.pricing import loop
from incentive_opt.pricing.loop import PATIENCE, solve
from incentive_opt.pricing.search import Search
from tests.pricing.random_problems import Case
from tests.pricing.test_responses import varied


def small(seed: int) -> Case:
    """A crooked problem that goes straight to closing the gap."""
    return varied(seed)


@pytest.mark.parametrize("closed", [True, False])
def test_a_small_problem_that_is_not_closed_soon_is_searched(
    closed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a quarter of the time, for half of the rest; then closing goes on. One that is closed is not."""
    seen: list[tuple[str, float]] = []

    def closing(search: Search, *_: object) -> str:
        seen.append(("close", search.deadline))
        return "optimal" if closed else "limit"

    def hunting(search: Search, seed: int, until: float, **_: object) -> None:
        seen.append(("hunt", until))

    monkeypatch.setattr(loop, "close_gap", closing)
    monkeypatch.setattr(loop, "hunt", hunting)
    solve(small(secrets.randbelow(10**9)).problem, time_limit=1000.0)
    if closed:
        assert seen == [("close", PATIENCE * 1000.0)]
    else:
        assert [what for what, _ in seen] == ["close", "hunt", "close"]
        assert seen[0][1] == PATIENCE * 1000.0
        assert 0.4 * 1000.0 < seen[1][1] < 0.6 * 1000.0
        assert seen[2][1] == 1000.0
