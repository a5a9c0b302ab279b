"""What economics expects of payment contracts, and where it expects nothing.

Each finding is shown on a small instance, next to the case where its cause is absent and so the effect.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

import incentive_opt as io
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Panel, Segment
from incentive_opt.domain.simulation import Simulation, Spread
from incentive_opt.simulate.behaviour import Assumptions, plans_of
from incentive_opt.simulate.expected import services_of
from incentive_opt.simulate.world import MONTHS, terms_of, world_of
from tests.simulate.small_worlds import BENT, CHILDREN, measured, need, practice, service, small

ASSUMPTIONS = Assumptions()


@dataclass(frozen=True)
class Answer:
    """How practices answer a contract, all together.

    Attributes
    ----------
    kept, others : float
        Children kept, of this payer and of others.
    care : mapping service -> float
        Services to this payer's children a year.
    paid : float
        Fees and capitation [USD/year].
    """

    kept: float
    others: float
    care: dict[str, float]
    paid: float

    @property
    def each(self) -> float:
        """Services a child kept [services/year]."""
        return sum(self.care.values()) / self.kept


def answer(instance: Instance, contract: Contract) -> Answer:
    """What all practices do under a contract, as a mean over characters."""
    world, terms = world_of(instance), terms_of(instance, contract)
    kept, care = np.zeros(len(world.weight)), np.zeros(len(world.supply))
    for kind, plans in enumerate(plans_of(world, contract, "rational", ASSUMPTIONS)):
        for plan in plans:
            share = world.count[kind] / len(plans)
            kept += share * plan.kept * world.demanded[kind]
            care += share * services_of(world, kind, plan)[:, world.contracted].sum(axis=1)
    paid = care @ terms.fees + MONTHS * (kept * terms.capitation)[world.contracted].sum()
    names = [s.name for s in instance.services]
    mine, others = kept[world.contracted].sum(), kept[~world.contracted].sum()
    return Answer(float(mine), float(others), dict(zip(names, map(float, care), strict=True)), float(paid))


def varied(instance: Instance, characters: int = 8) -> Instance:
    """Practices of a type differ by a tenth in altruism and effort."""
    return replace(instance, simulation=Simulation(Spread(altruism=0.1, effort=0.1, characters=characters)))


# --- 1. Fees below cost -------------------------------------------------------------------------------


def two_payers(altruism: float) -> Instance:
    """Children of two payers; a child takes two visits at 10 USD of supplies, and 20 USD of overhead."""
    return varied(
        small(
            segments=(Segment("child", "", 1.0), Segment("private", "", 1.0, False, 1.5)),
            needs=(need(events=2.0, qaly_per_event=0.002), need(segment="private", events=2.0)),
            services=(service(supply_cost=10.0),),
            practices=(practice(altruism=altruism, cost_per_child=20.0),),
            panels=(
                Panel("office", "child", CHILDREN, 400.0),
                Panel("office", "private", CHILDREN, 400.0),
            ),
        )
    )


def test_fees_below_cost_shrink_medicaid_panels() -> None:
    """A fee of 15 USD leaves half a child's overhead uncovered: Medicaid children are turned away."""
    fair, low = Contract(fees={"visit": 30.0}), Contract(fees={"visit": 15.0})
    before, after = answer(two_payers(1000.0), fair), answer(two_payers(1000.0), low)
    assert before.kept == pytest.approx(CHILDREN)
    assert after.kept == pytest.approx(400.0)
    assert after.others == before.others == pytest.approx(CHILDREN)


def test_practices_that_care_enough_keep_them() -> None:
    """No effect where a visit is worth 20 USD to the practice itself: it makes up for the fee."""
    low = Contract(fees={"visit": 15.0})
    assert answer(two_payers(10_000.0), low).kept == pytest.approx(CHILDREN)


def test_fees_below_cost_in_the_state() -> None:
    """The shipped state: at 60 % of today's fees fewer Medicaid children are kept, and all others."""
    state = replace(io.read_instance("medicaid_statewide"), simulation=Simulation())
    fees = state.status_quo.fees
    before = answer(state, state.status_quo)
    after = answer(state, Contract(fees={name: 0.6 * fee for name, fee in fees.items()}))
    higher = answer(state, Contract(fees={name: 1.3 * fee for name, fee in fees.items()}))
    assert after.kept < 0.99 * before.kept < before.kept < 0.99 * higher.kept
    assert after.others == pytest.approx(before.others, rel=1e-6)


# --- 2. Capitation ------------------------------------------------------------------------------------


def short_of_time(altruism: float) -> Instance:
    """1,000 children ask; 600 can have the two half-hour visits that each needs."""
    return varied(
        small(
            hours=600.0,
            needs=(need(events=2.0, qaly_per_event=0.004, curve=BENT),),
            services=(service(minutes=30.0, supply_cost=5.0),),
            practices=(practice(altruism=altruism, cost_per_child=12.0),),
            panels=(Panel("office", "child", CHILDREN, 300.0),),
        )
    )


def capitation_of(paid: float) -> Contract:
    """The same money a year, if all children who ask are kept."""
    return Contract(capitation={"child": paid / (MONTHS * CHILDREN)})


def test_capitation_raises_panels_and_stints() -> None:
    """At the same outlay: more children, each with less care, where practices care little."""
    fee = answer(short_of_time(500.0), Contract(fees={"visit": 50.0}))
    head = answer(short_of_time(500.0), capitation_of(fee.paid))
    assert head.paid == pytest.approx(fee.paid, rel=0.01)
    assert head.kept > 1.3 * fee.kept
    assert head.each < 0.1 * fee.each
    assert sum(head.care.values()) < 0.1 * sum(fee.care.values())


def test_capitation_does_not_stint_on_altruists() -> None:
    """No stinting where the last visit is worth more to the practice than it costs: no time is left idle."""
    fee = answer(short_of_time(50_000.0), Contract(fees={"visit": 50.0}))
    head = answer(short_of_time(50_000.0), capitation_of(fee.paid))
    assert sum(head.care.values()) == pytest.approx(sum(fee.care.values()), rel=1e-6)


def test_capitation_in_the_state() -> None:
    """The shipped state: capitation at today's payments raises panels and cuts care per child."""
    state = replace(io.read_instance("medicaid_statewide"), simulation=Simulation())
    before = answer(state, state.status_quo)
    count = {practice.name: practice.count for practice in state.practices}
    asked = sum(p.demanded * count[p.practice] for p in state.panels if p.segment != "private")
    month = before.paid / (MONTHS * asked)
    contract = Contract(capitation={s.name: month for s in state.segments if s.contracted})
    after = answer(state, contract)
    assert after.paid == pytest.approx(before.paid, rel=0.02)
    assert after.kept > 1.2 * before.kept
    assert after.each < 0.8 * before.each


# --- 3. Several tasks ---------------------------------------------------------------------------------


def two_tasks(hours: float) -> Instance:
    """Screening is measured; advice is not. Both are worth 10 USD at first to the practice, and ever less."""
    return varied(
        small(
            hours=hours,
            needs=(need("care", curve=BENT), need("advice", curve=BENT)),
            services=(service("screen", "care", 20.0), service("advise", "advice", 20.0)),
            practices=(practice(altruism=10_000.0),),
            measures=(measured(0.8, numerator="screen"),),
        )
    )


@pytest.mark.parametrize("usd", [5.0, 20.0])
def test_a_bonus_on_one_task_costs_another(usd: float) -> None:
    """Where time binds, the rewarded task takes it from the other (Holmstrom and Milgrom 1991)."""
    plain, bonus = Contract(), Contract(bonuses={("rate", 1): usd})
    before, after = answer(two_tasks(400.0), plain), answer(two_tasks(400.0), bonus)
    assert after.care["screen"] > 1.2 * before.care["screen"]
    assert after.care["advise"] < 0.75 * before.care["advise"]
    lost, won = before.care["advise"] - after.care["advise"], after.care["screen"] - before.care["screen"]
    assert lost == pytest.approx(won, rel=1e-6)


def test_with_time_to_spare_no_task_suffers() -> None:
    """No effect on the other task where time does not bind."""
    plain, bonus = Contract(), Contract(bonuses={("rate", 1): 20.0})
    before, after = answer(two_tasks(10_000.0), plain), answer(two_tasks(10_000.0), bonus)
    assert after.care["advise"] == pytest.approx(before.care["advise"])
    assert before.care["advise"] == pytest.approx(CHILDREN)


# --- 4. Length of visits ------------------------------------------------------------------------------


def visits(hours: float) -> Instance:
    """Check-ups short or long, at one fee; minor complaints, worth little to health, at the same fee."""
    return varied(
        small(
            hours=hours,
            needs=(
                need("care", qaly_per_event=0.003),
                need("minor", events=1.5, qaly_per_event=0.0002, curve=BENT),
            ),
            services=(
                service("short", "care", 15.0, effectiveness=0.5),
                service("long", "care", 30.0),
                service("sick", "minor", 15.0),
            ),
            practices=(practice(altruism=10_000.0),),
        )
    )


def minutes(found: Answer) -> float:
    """Mean length of a check-up [minutes]."""
    short, long = found.care["short"], found.care["long"]
    return (15.0 * short + 30.0 * long) / (short + long)


def at_one_fee(fee: float) -> Contract:
    """The same fee for every visit."""
    return Contract(fees={"short": fee, "long": fee, "sick": fee})


def test_higher_visit_fees_shorten_visits() -> None:
    """With fixed staff, a long visit costs the fee of another: the higher the fee, the shorter the visits."""
    found = [answer(visits(500.0), at_one_fee(fee)) for fee in (5.0, 12.0, 40.0)]
    lengths = [minutes(one) for one in found]
    assert lengths[0] == pytest.approx(30.0)
    assert lengths[0] > lengths[1] + 0.5 > lengths[2] + 1.0
    assert found[2].care["sick"] > found[0].care["sick"]


def test_with_time_to_spare_visits_stay_long() -> None:
    """No effect of the fee where there is time for every visit."""
    assert minutes(answer(visits(10_000.0), at_one_fee(5.0))) == pytest.approx(30.0)
    assert minutes(answer(visits(10_000.0), at_one_fee(40.0))) == pytest.approx(30.0)


def test_a_fee_by_length_keeps_visits_long() -> None:
    """No shortening either if a long visit is paid twice the short one."""
    by_length = Contract(fees={"short": 20.0, "long": 40.0, "sick": 20.0})
    assert minutes(answer(visits(500.0), by_length)) > minutes(answer(visits(500.0), at_one_fee(40.0))) + 5.0
