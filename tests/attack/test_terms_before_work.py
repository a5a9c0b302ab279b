"""Terms that no search can have are refused before anything is begun or written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from incentive_opt.batch.plan import plan
from incentive_opt.batch.study import study_of
from incentive_opt.compare import compare
from incentive_opt.domain.curve import MOST_CUTS
from incentive_opt.domain.kinds import MOST_KINDS
from incentive_opt.errors import InputError
from incentive_opt.frontier import frontier, variation
from incentive_opt.solve.kept import Terms

PLACE, MODEL = "two_practices", "quality_bonus"


def not_begun(_: Any) -> Any:
    raise AssertionError("nothing was to be searched")


def compared(folder: Path, terms: Terms) -> None:
    compare(PLACE, [MODEL], folder, terms=terms, attend=not_begun)


def by_budget(folder: Path, terms: Terms) -> None:
    frontier(PLACE, MODEL, "450000:500000:2", folder, terms, attend=not_begun)


def by_number(folder: Path, terms: Terms) -> None:
    variation(PLACE, MODEL, "income.floor", "0.9:1:2", folder, terms, attend=not_begun)


def planned(_: Path, terms: Terms) -> None:
    plan(study_of(None, [PLACE], [MODEL], [0], terms={"kinds": terms.kinds, "pieces": terms.pieces}))


@pytest.mark.parametrize("asked", [compared, by_budget, by_number, planned])
@pytest.mark.parametrize(("name", "most"), [("pieces", MOST_CUTS), ("kinds", MOST_KINDS)])
def test_too_many_pieces_or_kinds(
    asked: Callable[[Path, Terms], None], name: str, most: int, tmp_path: Path
) -> None:
    """Not after the first search, and not by every task of a night alone."""
    with pytest.raises(InputError, match=f"{name}.*whole number from 1 to {most}"):
        asked(tmp_path / "out", Terms(**{name: most + 1}))  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()
