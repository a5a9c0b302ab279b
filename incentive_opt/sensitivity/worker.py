"""A process that looks at cases: told what is asked, it is given values. ``crew`` starts it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from incentive_opt.partner import answer_all
from incentive_opt.sensitivity.cases import Asked, Case, look


def looking(asked: Asked, _: Callable[[], bool]) -> Callable[[Mapping[str, float]], Case | None]:
    """What looks at a case."""
    return lambda values: look(asked, values)


if __name__ == "__main__":
    answer_all(looking)
