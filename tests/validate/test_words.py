"""Sentences for people who read no tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from incentive_opt.files import read_instance
from incentive_opt.simulate.figures import TOTALS, Quantity
from incentive_opt.validate.causes import Cause
from incentive_opt.validate.compare import Comparison, Tolerance
from incentive_opt.validate.gain import Gain, Spending
from incentive_opt.validate.outcome import Outcome
from incentive_opt.validate.words import sentences, words_of
from tests.validate.fakes import HEALTH, INCOME, OUTLAY, RATE, TIER

INSTANCE = read_instance("two_practices")


def compared(quantity: Quantity, promised: float, mean: float, half_width: float = 0.0) -> Comparison:
    """One comparison; 2 % of the promise, or a tenth, is tolerated."""
    tolerance = 0.1 if quantity == TIER else 0.02 * promised
    return Comparison(quantity, promised, mean, half_width, Tolerance(tolerance, ""))


def outcome(
    behaviour: str = "rational", kept: float = 1.0, outlay: float = 1000.0, today: float = 10.0
) -> Outcome:
    """A behaviour under which so much of a gain of 2 QALY is kept, with a budget of 1,000 USD."""
    gain = Gain(2.0, 2.0 * kept, 0.1, today, 10.0)
    return Outcome(behaviour, 10, [], gain, Spending(1000.0, outlay, 5.0))


def said(outcomes: list[Outcome], deciding: list[Comparison], causes: list[Cause] | None = None) -> list[str]:
    """The sentences."""
    return sentences(INSTANCE, outcomes, deciding, causes or [])


def test_a_design_that_holds() -> None:
    """Verdict, gain, budget, robustness: four sentences, each with a full stop."""
    found = said([outcome(), outcome("inertial", 0.95)], [compared(HEALTH, 12.0, 12.0)])
    assert len(found) == 4
    assert found[0].startswith("The design holds")
    assert "100 % is kept (95 % interval 95 to 105 %)" in found[1]
    assert "0.0 % below the budget of 1,000 USD" in found[2]
    assert "robust" in found[3]
    assert all(sentence.endswith(".") for sentence in found)


def test_what_is_promised_of_a_real_year_is_told_with_what_the_search_had() -> None:
    """Whether the interval holds it; and where it is the search that is off, by how much."""
    year = replace(compared(HEALTH, 11.8, 11.9, 0.05), searched=12.0)
    money = replace(compared(OUTLAY, 2000.0, 2001.0, 5.0), searched=2010.0)
    told = said([outcome()], [year, money])[1]
    assert told.endswith(
        ", are health 11.80 QALY/year (12.00 in the search) and the payer's outlay 2,000 USD/year (2,010 in "
        "the search). Health lies outside the 95 % interval of what was simulated, the payer's outlay inside."
    )
    off = said([outcome()], [replace(compared(HEALTH, 10.0, 10.0), searched=12.5)])[0]
    assert "health -20.0 % from what the search had" in off


@pytest.mark.parametrize(
    ("health", "outlay", "words"),
    [
        (True, True, "Both lie inside the 95 % intervals of what was simulated."),
        (False, False, "Both lie outside the 95 % intervals of what was simulated."),
        (
            True,
            False,
            "Health lies inside the 95 % interval of what was simulated, the payer's outlay outside.",
        ),
        (
            False,
            True,
            "Health lies outside the 95 % interval of what was simulated, the payer's outlay inside.",
        ),
        (True, None, "It lies inside the 95 % interval of what was simulated."),
        (False, None, "It lies outside the 95 % interval of what was simulated."),
    ],
)
def test_whether_intervals_hold_the_promises_is_a_sentence(
    health: bool, outlay: bool | None, words: str
) -> None:
    """However the two lie, it can be read aloud."""
    year = replace(compared(HEALTH, 11.8, 11.8, 0.1 if health else 0.0), searched=12.0)
    known = [year if health else replace(year, mean=11.9)]
    if outlay is not None:
        money = replace(compared(OUTLAY, 2000.0, 2000.0, 5.0), searched=2010.0)
        known.append(money if outlay else replace(money, mean=2020.0))
    told = said([outcome()], known)
    sentence = next(one for one in told if one.startswith("Promised of a real year"))
    assert sentence.endswith(words)
    assert ("continuity), is health" in sentence) is (outlay is None)


def test_what_is_off_is_named_with_its_size() -> None:
    """Shares of practices as they are, other figures in percent, and at most three of them."""
    off = [compared(HEALTH, 10.0, 9.0), compared(TIER, 1.0, 0.4), compared(INCOME, 100.0, 80.0)]
    first = said([outcome()], [*off, compared(INCOME, 100.0, 70.0), compared(RATE, 0.5, 0.5)])[0]
    assert first.startswith("The design fails: simulated child by child, 4 of 5 promises that decide are off")
    assert "health -10.0 %" in first
    assert "practices paid for tier 1 of" in first
    assert "40 % instead of 100 %" in first
    assert "and 1 more" in first


def test_few_years_are_no_failure_of_the_design() -> None:
    """Where nothing is surely off, the first sentence asks for more replications."""
    first = said([outcome()], [compared(HEALTH, 10.0, 9.0, half_width=5.0)])[0]
    assert "too few replications to tell" in first
    assert "fails" not in first


def test_the_cause_named_most_often_is_the_main_reason() -> None:
    """Causes of what cannot be told do not count."""
    causes = [Cause("curve", "bent"), Cause("capacity", "full"), Cause("capacity", "full")]
    causes += [Cause("replications", "few")] * 5
    found = said([outcome()], [compared(HEALTH, 10.0, 9.0)], causes)
    assert found[1] == "The main reason (2 of 3): full."


def test_a_level_that_differs_today_is_said() -> None:
    """The design is not to blame for what the simulator finds under the contract in force, too."""
    assert not any("Already" in sentence for sentence in said([outcome(today=9.9)], []))
    assert any(
        "Already under the contract in force" in sentence for sentence in said([outcome(today=9.0)], [])
    )


@pytest.mark.parametrize(
    ("kept", "outlay", "words"),
    [
        (0.5, 1000.0, "50 % is kept"),
        (1.0, 1030.0, "outlay is 3.0 % over"),
        (0.5, 1030.0, "kept and outlay is 3.0 %"),
    ],
)
def test_a_behaviour_that_undoes_the_design_is_named(kept: float, outlay: float, words: str) -> None:
    """With what it takes away."""
    last = said([outcome(), outcome("satisficing", kept, outlay)], [])[-1]
    assert last.startswith("It is not robust")
    assert "(satisficing)" in last
    assert "(rational)" not in last
    assert words in last


@pytest.mark.parametrize(("kept", "half_width", "chance"), [(0.899, 0.05, True), (0.8, 0.05, False)])
def test_a_loss_that_chance_may_have_done_is_told_from_others(
    kept: float, half_width: float, chance: bool
) -> None:
    """More years are advised where 90 % is within the interval, and not where it surely is not."""
    short = outcome("inertial", kept)
    short = replace(short, gain=replace(short.gain, half_width=half_width))
    assert ("--replications" in said([outcome(), short], [])[-1]) is chance
    both = said([outcome(), short, outcome("satisficing", 0.5)], [])[-1]
    assert "--replications" not in both


def test_every_quantity_has_words() -> None:
    """People do not read keys."""
    for kind in TOTALS:
        assert "_" not in words_of(Quantity(kind), INSTANCE)
    assert words_of(RATE, INSTANCE) == "rate of Well-child visits with full content (Busy practice)"
    assert words_of(Quantity("panel", "busy", "child"), INSTANCE) == "panel of Children (Busy practice)"


def test_the_worst_income_is_that_of_the_type_that_misses_most() -> None:
    """Measured by what the practice takes in, not in dollars."""
    small = Comparison(INCOME, 1000.0, 900.0, 0.0, Tolerance(50.0, ""))
    large = Comparison(Quantity("net_income_usd", "caring"), 9000.0, 8800.0, 0.0, Tolerance(500.0, ""))
    found = Outcome("rational", 10, [large, small], outcome().gain, outcome().spending)
    assert found.worst_income is small
