"""What a practice may expect of a bonus."""

from __future__ import annotations

import itertools
import secrets

import numpy as np
import pytest
from scipy.stats import binom

from incentive_opt.domain.simulation import Enrolment
from incentive_opt.simulate.targets import chance_of_reaching, counted_share, reward_of


def test_chance_against_a_known_table() -> None:
    """Many sizes, thresholds and rates, against a binomial distribution written by others."""
    seed = secrets.randbits(32)
    draw = np.random.default_rng(seed)
    for _ in range(60):
        events = int(np.exp(draw.uniform(0.0, np.log(20_000.0))))
        threshold = float(draw.uniform(0.01, 1.0))
        near = threshold + draw.uniform(-5.0, 5.0, 20) * np.sqrt(threshold * (1.0 - threshold) / events)
        rates = np.clip(np.concatenate([near, [0.0, 1.0, draw.uniform()]]), 0.0, 1.0)
        known = binom.sf(np.ceil(threshold * events - 1e-9) - 1, events, rates)
        found = chance_of_reaching(threshold, events, rates)
        assert found == pytest.approx(known, abs=1e-9), f"seed {seed}: {events} events, {threshold}"


def test_chance_as_the_documentation_says() -> None:
    """With 30 events and a cut-off of 61 %, rates of 56, 61 and 66 % are paid 27, 48 and 70 % of the time."""
    found = chance_of_reaching(0.61, 30, np.array([0.56, 0.61, 0.66]))
    assert found == pytest.approx([0.27, 0.48, 0.70], abs=0.01)


def test_counted_share_by_hand() -> None:
    """Who must be there all year counts if nobody left in eleven months; if nobody leaves, all count."""
    assert counted_share(Enrolment(0.02, 12)) == pytest.approx(0.98**11)
    assert counted_share(Enrolment(0.0, 12)) == pytest.approx(1.0)
    assert counted_share(Enrolment(0.3, 1)) == pytest.approx(1.0)


@pytest.mark.parametrize("months", [2, 7, 11])
def test_counted_share_against_every_course_of_a_year(months: int) -> None:
    """Over all patterns of leaving, with their chances: months in long enough stays, of twelve."""
    leaving = 0.1
    expected = 0.0
    for leaves in itertools.product((False, True), repeat=11):
        chance = np.prod([leaving if left else 1.0 - leaving for left in leaves])
        ends = [0, *(m + 1 for m, left in enumerate(leaves) if left), 12]
        stays = np.diff(ends)
        expected += chance * stays[stays >= months].sum() / 12.0
    assert counted_share(Enrolment(leaving, months)) == pytest.approx(expected)


def test_reward_without_chance_is_a_step() -> None:
    """A tier is paid from its threshold on, less a millionth."""
    reward = reward_of(((0.5, 2.0), (0.9, 3.0)), None)
    rates = [0.0, 0.49, 0.5, 0.5 - 5e-7, 0.7, 0.9, 1.0]
    assert [reward(rate) for rate in rates] == pytest.approx([0.0, 0.0, 2.0, 2.0, 2.0, 5.0, 5.0])
    assert [reward.about(rate) for rate in rates] == pytest.approx([0.0, 0.0, 2.0, 2.0, 2.0, 5.0, 5.0])
    assert list(reward.rates) == [0.0, 0.5, 0.9]


def test_reward_by_chance_rises_smoothly() -> None:
    """Half a tier's money near its threshold, nearly all three deviations above, none for too few events."""
    reward = reward_of(((0.5, 2.0),), 400)
    assert reward(0.5) == pytest.approx(1.0, abs=0.05)
    assert reward(0.575) == pytest.approx(2.0, abs=0.01)
    assert reward(0.425) == pytest.approx(0.0, abs=0.01)
    assert np.all(np.diff(reward.values) >= 0.0)
    assert reward_of(((0.5, 2.0),), 0)(1.0) == 0.0
    close = reward.near(0.53)
    assert np.ptp(np.diff(close.rates)) < 1e-12
    assert close.rates[0] < 0.53 < close.rates[-1]
    assert close.values == pytest.approx([reward(float(rate)) for rate in close.rates])
