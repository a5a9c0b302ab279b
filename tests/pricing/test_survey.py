"""What followers do all over the box of prices: everything there, the same for a seed, and soon over."""

from __future__ import annotations

import secrets

import numpy as np
import pytest

from incentive_opt.pricing import survey as survey_module
from incentive_opt.pricing.scaling import scale
from incentive_opt.pricing.search import Search
from incentive_opt.pricing.survey import random_levers, shaken, survey
from tests.pricing.random_problems import Case
from tests.pricing.test_responses import a_search, varied

SEEDS = 6


def surveyed(seed: int, points: int = 40) -> tuple[Case, Search]:
    """A drawn problem, scaled, and a search that asked its followers at so many points."""
    case = varied(seed)
    case = Case(scale(case.problem)[0], case.points)
    search = a_search(case.problem)
    survey(search, points)
    return case, search


def test_answers_are_points_that_followers_have() -> None:
    """Each answer is one of the follower's points, and none stands twice in a list."""
    for seed in (secrets.randbelow(10**9) for _ in range(SEEDS)):
        case, search = surveyed(seed)
        assert search.survey is not None
        for pool, points in zip(search.survey, case.points, strict=True):
            answers = [np.round(response.x, 6) for response in pool.responses]
            assert len({answer.tobytes() for answer in answers}) == len(answers), f"seed {seed}"
            for answer in answers:
                assert np.min(np.abs(points - answer).max(axis=1)) <= 1e-6, f"seed {seed}"


def test_a_survey_is_decided_by_its_seed() -> None:
    """Searches that did other things before hear the same; another seed hears something else somewhere."""
    differ = 0
    for seed in (secrets.randbelow(10**9) for _ in range(2 * SEEDS)):
        case, first = surveyed(seed)
        second, third = a_search(case.problem), a_search(case.problem)
        rng = np.random.default_rng(seed)
        for _ in range(3):
            second.answer(random_levers(second, rng))
        heard = [survey(search, number) for search, number in ((first, 40), (second, 40), (third, 41))]
        keys = [[pool.stack("x").tobytes() for pool in pools] for pools in heard]
        assert keys[0] == keys[1], f"seed {seed}"
        differ += keys[0] != keys[2]
    assert differ > 0, "no seed changed what was heard"


def test_a_search_asks_once() -> None:
    """The second time what is known is handed out, whatever the seed."""
    _, search = surveyed(secrets.randbelow(10**9))
    assert survey(search, 1) is survey(search, 2)


def test_many_followers_are_asked_at_fewer_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are no more answers in all than are allowed."""
    asked: list[int] = []
    true_ask = survey_module.ask

    def counting(*terms: object, **named: object) -> None:
        asked.append(1)
        true_ask(*terms, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(survey_module, "ask", counting)
    monkeypatch.setattr(survey_module, "MOST_SURVEYED", 12)
    _, search = surveyed(secrets.randbelow(10**9))
    assert len(asked) == 12 // len(search.oracles)


def test_a_search_that_is_over_asks_nobody() -> None:
    """No time, no answers, and no error."""
    case = varied(secrets.randbelow(10**9))
    search = a_search(scale(case.problem)[0], 0.0)
    assert all(len(pool) == 0 for pool in survey(search, 1))


def test_levers_drawn_stay_in_the_box() -> None:
    """Anywhere, and around a contract, however much noise there is."""
    seed = secrets.randbelow(10**9)
    problem = scale(varied(seed).problem)[0]
    search, rng = a_search(problem), np.random.default_rng(seed)
    for _ in range(50):
        for levers in (random_levers(search, rng), shaken(search, problem.lever_upper, rng, (1.0,))):
            assert np.all(levers >= problem.lever_lower), f"seed {seed}"
            assert np.all(levers <= problem.lever_upper), f"seed {seed}"
