"""Shadow prices against finite differences: of the first best, and of held ways of working."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterator

import numpy as np
import pytest

from incentive_opt import solve
from incentive_opt.domain.instance import Instance, Rules
from incentive_opt.domain.kinds import types_of
from incentive_opt.domain.payment_model import LeverRule, PaymentModel
from incentive_opt.explain.held import Holding, activities
from incentive_opt.explain.prices import Price, first_best_prices
from incentive_opt.explain.question import Question
from incentive_opt.files import read_instance, read_model
from incentive_opt.formulation.build import build
from incentive_opt.formulation.first_best import first_best, least_budget
from incentive_opt.formulation.payer import Payer
from tests.formulation.hand_made import random_instance

FIVE_PER_CENT = 0.05
ANY = PaymentModel(
    "any",
    "Any",
    "",
    (LeverRule("fee", (), 0.0, 200.0, "USD/service"), LeverRule("capitation", (), 0.0, 30.0, "USD")),
    Rules(),
)


def richest(payer: Payer) -> float:
    """Where more budget stops to buy health, by halving [USD/year]."""
    least = least_budget(payer).usd
    assert least is not None
    low, high = least, 10.0 * abs(least)
    most = first_best(dataclasses.replace(payer, budget=high))
    assert most is not None
    for _ in range(20):
        middle = 0.5 * (low + high)
        found = first_best(dataclasses.replace(payer, budget=middle))
        if found is not None and found.health >= most.health - 1e-9 * abs(most.health):
            high = middle
        else:
            low = middle
    return high


def poor_payers(number: int) -> Iterator[tuple[str, Payer]]:
    """Random instances with a budget that binds in the first best."""
    made = 0
    while made < number:
        seed = secrets.randbits(32)
        _, payer = build(random_instance(seed), ANY)
        least = least_budget(payer).usd
        if least is None:
            continue
        share = float(np.random.default_rng(seed).uniform(0.02, 0.98))
        most = richest(payer)
        if most - least < 1e-4 * abs(least):  # the halving is no finer: all health is there from the start
            continue
        budget = least + share * (most - least)
        made += 1
        yield f"seed {seed}, share {share:.4f}", dataclasses.replace(payer, budget=budget)


def between(price: Price, differences: tuple[float, float], where: str) -> None:
    """The solver's price lies between the differences on both sides, to 5 %; those told agree with them."""
    slack = FIVE_PER_CENT * max(map(abs, differences)) + 1e-15
    assert min(differences) - slack <= price.dual <= max(differences) + slack, where
    for told, seen in zip((price.less, price.more), differences, strict=True):
        assert told == pytest.approx(seen, rel=FIVE_PER_CENT, abs=1e-15), where


def budget_differences(payer: Payer, share: float) -> tuple[float, float]:
    """By solving for budgets a little lower and higher, from scratch [QALY/USD]."""
    step = share * abs(payer.budget)
    found = [first_best(dataclasses.replace(payer, budget=payer.budget + d)) for d in (-step, 0.0, step)]
    low, here, high = (one.health for one in found if one is not None)
    return (here - low) / step, (high - here) / step


@pytest.mark.parametrize("model", ["quality_bonus", "blended"])
def test_first_best_on_two_practices(model: str) -> None:
    """At the instance's budget money is no object there; so it is with incomes and hours told."""
    instance = read_instance("two_practices")
    _, payer = build(instance, read_model(model, instance))
    prices = first_best_prices(payer)
    between(prices[0], budget_differences(payer, 1e-4), model)
    assert all(price.agrees for price in prices)


def test_first_best_of_two_practices_where_money_is_short() -> None:
    """No care elsewhere saved by an unpaid programme: a budget that binds, and its price by differences."""
    instance = read_instance("two_practices")
    dear = tuple(
        dataclasses.replace(one, supply_cost=60.0 if one.name == "asthma_team" else 40.0)
        for one in instance.services
    )
    _, payer = build(dataclasses.replace(instance, services=dear), read_model("blended", instance))
    least = least_budget(payer).usd
    assert least is not None
    payer = dataclasses.replace(payer, budget=0.6 * least + 0.4 * richest(payer))
    price = first_best_prices(payer)[0]
    assert price.dual > 0.0
    between(price, budget_differences(payer, 1e-5), "two_practices, dear")


def test_first_best_on_random_instances() -> None:
    """Twenty budgets that bind: solver's price, both sides, and differences from scratch, to 5 %."""
    for where, payer in poor_payers(20):
        prices = first_best_prices(payer)
        assert prices[0].limit == ("budget", "", "")
        assert prices[0].dual > 0.0, where
        seen = budget_differences(payer, prices[0].step / abs(payer.budget))
        between(prices[0], seen, where)
        assert all(price.agrees for price in prices), (where, prices)


def test_income_and_hours_against_other_instances() -> None:
    """Prices of floors and staff hours: against instances with another floor or other hours, to 5 %."""
    seen = 0
    for where, payer in poor_payers(4):
        here = first_best(payer)
        assert here is not None
        for price in first_best_prices(payer)[1:3]:
            what, name, role = price.limit
            step = min(price.step, 1.0)
            again = []
            for sign in (-1.0, 1.0):
                other = first_best(changed(payer, what, name, role, sign * step))
                assert other is not None, where
                again.append(sign * (other.health - here.health) / step)
            slack = FIVE_PER_CENT * max(map(abs, again)) + 1e-9 * abs(price.dual)
            assert min(again) - slack <= price.dual <= max(again) + slack, (where, price, again)
            seen += 1
    assert seen


def changed(payer: Payer, what: str, name: str, role: str, amount: float) -> Payer:
    """The payer where one type's hours are other, or all its limits in the program built by hand."""
    if what == "hours":
        practices = tuple(
            dataclasses.replace(one, row_upper=more_hours(one.row_names, one.row_upper, role, amount))
            if one.name == name
            else one
            for one in payer.practices
        )
        return dataclasses.replace(payer, practices=practices)
    members = next(one for one in types_of(payer.instance) if one.name == name)
    share = amount / abs(members.mean([one.net_income for one in payer.status_quo]))
    # Another floor for one type alone: its income is counted as if it were lower by as much.
    practices = tuple(
        dataclasses.replace(
            one,
            own_income=dataclasses.replace(one.own_income, constant=one.own_income.constant - amount),
        )
        if one.name == name and share != 0.0
        else one
        for one in payer.practices
    )
    return dataclasses.replace(payer, practices=practices)


def more_hours(names: tuple[str, ...], upper: np.ndarray, role: str, hours: float) -> np.ndarray:
    """Staff time rows with so many hours more."""
    limit = upper.copy()
    limit[names.index(f"staff_time[{role}]")] += 60.0 * hours
    return limit


def held(instance: Instance, model: str) -> tuple[Holding, Question]:
    """The program of prices for the ways of working of the best design."""
    design = solve(instance, model, gap=1e-3, time_limit=20.0)
    question = Question(instance, design.model)
    pairs = zip(question.payer.practices, design.intended, strict=True)
    ways = [activities(practice, response) for practice, response in pairs]
    levers = question.payer.lever_values(design.contract)
    return Holding(question.problem, question.payer, levers, ways, 60.0), question


def test_margin_of_the_quality_bonus_by_hand() -> None:
    """By the README: 5,000 x 0.5 / 18 + 2,000 x 0.4 / 18 USD for a dollar of margin; re-solved too."""
    instance = read_instance("two_practices")
    holding, _ = held(instance, "quality_bonus")
    best = holding.solve()
    assert best is not None
    assert best.outlay == pytest.approx(511_300.0, abs=0.1)
    by_hand = (5_000.0 * 0.5 + 2_000.0 * 0.4) / 18.0
    assert best.prices["margin", ""] == pytest.approx(by_hand, rel=1e-6)
    assert set(best.content) == {"busy", "caring"}
    for step in (-0.5, 0.5):
        again, _ = held(dataclasses.replace(instance, margin=18.0 + step), "quality_bonus")
        other = again.solve()
        assert other is not None
        assert (other.outlay - best.outlay) / step == pytest.approx(by_hand, rel=1e-3)


def test_every_held_price_on_random_instances() -> None:
    """Twenty instances, today's ways of working at least cost: prices between both differences, to 5 %."""
    checked = 0
    for _ in range(20):
        seed = secrets.randbits(32)
        question = Question(random_instance(seed, income_floor=0.9, income_ceiling=1.3), ANY)
        payer = question.payer
        levers = payer.lever_values(payer.instance.status_quo)
        inside = np.clip(levers, question.problem.lever_lower, question.problem.lever_upper)
        if not np.allclose(levers, inside):
            continue
        ways = [one.activities for one in payer.status_quo]
        holding = Holding(question.problem, payer, levers, ways, 60.0)
        best = holding.solve()
        assert best is not None, f"seed {seed}"
        assert best.outlay <= sum(one.count * one.outlay for one in payer.status_quo) + 1.0, f"seed {seed}"
        for limit, price in sorted(best.prices.items(), key=lambda item: -abs(item[1]))[:3]:
            step = 0.01 if limit[0] in ("lowest", "highest") else 1.0
            sides = [(way, holding.solve({limit: way})) for way in (-step, step)]
            slopes = [(one.outlay - best.outlay) / way for way, one in sides if one is not None]
            if len(slopes) == 2:
                slack = FIVE_PER_CENT * max(map(abs, slopes)) + 1e-6
                where = f"seed {seed}: {limit}, {price}, {slopes}"
                assert min(slopes) - slack <= price <= max(slopes) + slack, where
                checked += 1
    assert checked >= 10
