"""The accounts of a simulated year: what was counted adds up, and every dollar follows from a count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.lines import Benchmarks
from incentive_opt.domain.simulation import Course, Enrolment, Simulation, Spread, Waiting
from incentive_opt.simulate.children import counted_share
from incentive_opt.simulate.ledger import Ledger, settle, staff_of
from incentive_opt.simulate.population import crowd
from incentive_opt.simulate.run import simulate
from incentive_opt.simulate.tally import Tally
from incentive_opt.simulate.world import World, terms_of, world_of
from tests.drawn_lines import with_lines
from tests.simulate.small_worlds import measured, need, practice, service
from tests.simulate.small_years import (
    NAMES,
    SERVED,
    deviations,
    minutes,
    new_seed,
    one_need,
    plan_of,
    town,
    twice,
    year,
)

CHURN = Enrolment(0.06, 9)
PRIVATE = NAMES.index("private")


def drawn_contract(generator: np.random.Generator) -> Contract:
    """A contract that pays for everything there is to pay for."""
    return Contract(
        fees={name: float(generator.uniform(10.0, 90.0)) for name in SERVED},
        capitation={name: float(generator.uniform(1.0, 9.0)) for name in NAMES},
        bonuses={("checks", 1): 4.0, ("checks", 2): 6.0, ("asthma_care", 1): 20.0},
    )


@pytest.fixture(params=["ample", "short"])
def settled(request: pytest.FixtureRequest) -> tuple[int, World, Contract, Tally, Ledger]:
    """A year of practices that differ, with churn and queues, and with time enough or not; its seed first."""
    seed = new_seed()
    generator = np.random.default_rng(seed)
    instance = town(
        10_000.0 if request.param == "ample" else 75.0, 40.0,
        enrolment=CHURN, waiting=Waiting(0.3, 0.1), spread=Spread(size=0.5, mix=0.3),
    )  # fmt: skip
    office = replace(
        instance.practices[0], overtime_hours_per_fte=(5.0, 3.0), overtime_wage_multiples=(1.5, 2.5)
    )
    instance = replace(instance, practices=(replace(office, fixed_cost=5000.0, cost_per_child=7.0),))
    staff = {role: replace(terms, panel_minutes_per_child=6.0) for role, terms in instance.staff.items()}
    world, contract = world_of(replace(instance, staff=staff)), drawn_contract(generator)
    tally = year(world, plan_of(world, SERVED, kept=(0.9, 1.0, 0.6), overtime=6.0), seed)
    assert (tally.crowded_out.sum() > 0.0) == (request.param == "short")
    return seed, world, contract, tally, settle(world, terms_of(world.instance, contract), tally)


Settled = tuple[int, World, Contract, Tally, Ledger]


def test_fees_are_claims_times_their_rates(settled: Settled) -> None:
    """Service by service, of contracted children only; capitation is paid by the child-month."""
    seed, world, contract, tally, ledger = settled
    for number, one in enumerate(world.instance.services):
        claims = tally.served[:, number, :PRIVATE].sum(axis=1)
        assert np.allclose(ledger.fees[:, number], claims * contract.fees[one.name]), (
            f"{one.name}, seed {seed}"
        )
    for k, name in enumerate(NAMES):
        paid = 12.0 * tally.child_years[:, k] * (contract.capitation[name] if k != PRIVATE else 0.0)
        assert np.allclose(ledger.capitation[:, k], paid), f"{name}, seed {seed}"
    assert (tally.child_years <= tally.asked).all()
    assert tally.child_years.sum() < tally.asked.sum()


def counted_by_hand(
    world: World, contract: Contract, tally: Tally, row: int, saved: float, whole: float
) -> float:
    """What counts of one practice's savings: minimum, gate and limits, one after the other."""
    terms = contract.benchmarks.sharing
    if abs(saved) < terms.minimum * whole:
        return 0.0
    if saved < 0.0:
        return saved if terms.most_lost is None else max(saved, -terms.most_lost * whole)
    for m, measure in enumerate(world.instance.measures):
        events = tally.denominator[row, m]
        judged = events > 0.0 and events >= measure.minimum_denominator
        if terms.quality_gate and judged and tally.numerator[row, m] / events < measure.thresholds[0] - 1e-6:
            return 0.0
    return saved if terms.most_gained is None else min(saved, terms.most_gained * whole)


def test_results_are_settled_against_their_benchmarks(settled: Settled) -> None:
    """Successes, their benchmark, savings on care elsewhere and salaries: added up by hand."""
    seed, world, contract, tally, _ = settled
    contract = with_lines(world.instance, contract, np.random.default_rng(seed))
    ledger = settle(world, terms_of(world.instance, contract), tally)
    paid = np.zeros(len(tally.kind))
    saved, whole = np.zeros(len(tally.kind)), np.zeros(len(tally.kind))
    share = contract.lines.get(("shared_savings", "care_elsewhere"), 0.0)
    for row, one in enumerate(world.instance.needs):
        if not next(s for s in world.instance.segments if s.name == one.segment).contracted:
            continue
        successes = tally.gained[:, row] / one.qaly_per_event if one.qaly_per_event else 0.0
        children = tally.child_years[:, world.need_segment[row]]
        expected = contract.benchmarks.care[one.name, one.segment] * children
        paid += contract.lines.get(("outcome", one.name), 0.0) * successes
        if one.qaly_per_event:
            paid += contract.lines.get(("improvement", one.name), 0.0) * (successes - expected)
        saved -= tally.leak_cost[:, row] + tally.failure_cost[:, row]
    for k, name in enumerate(NAMES):
        if k != PRIVATE:
            whole += contract.benchmarks.cost[name] * tally.asked[:, k]
    for office, (less, all_) in enumerate(zip(saved, whole, strict=True)):
        paid[office] += share * counted_by_hand(world, contract, tally, office, less + all_, all_)
    assert np.allclose(ledger.results, paid), f"seed {seed}"
    clinicians = world.instance.practices[0].fte["clinician"] * staff_of(world, tally)[:, 0]
    assert np.allclose(ledger.salaries, contract.lines.get(("salary", "clinicians"), 0.0) * clinicians)
    claims = (
        ledger.fees.sum(axis=1) + ledger.capitation.sum(axis=1) + sum(b.sum(axis=1) for b in ledger.bonuses)
    )
    assert np.allclose(
        ledger.revenue, claims + ledger.results + ledger.salaries + ledger.withheld + ledger.pooled
    )


def test_a_pool_is_divided_by_what_was_closed(settled: Settled) -> None:
    """A fixed sum, shared by gaps closed: by services of practices, and by others of what these left open.

    It is paid out whole, whatever practices were told to expect.
    """
    seed, world, contract, tally, before = settled
    measure = world.instance.measures[0]
    others = replace(measure, closed_elsewhere=0.3)
    instance = replace(world.instance, measures=(others, *world.instance.measures[1:]))
    world = world_of(instance)
    promised = {("pool_share", measure.name): 3.0}
    contract = replace(contract, lines=promised, pools={measure.name: 20_000.0})
    counting = Benchmarks(counts_elsewhere=True)
    for benchmarks, part in ((Benchmarks(), 0.0), (counting, 0.3)):
        ledger = settle(world, terms_of(instance, replace(contract, benchmarks=benchmarks)), tally)
        closed = np.zeros(len(tally.kind))
        for k in [k for k in range(PRIVATE) if not measure.segments or NAMES[k] in measure.segments]:
            for number, one in enumerate(instance.services):
                closed += measure.numerator.get(one.name, 0.0) * tally.served[:, number, k]
        left = tally.eligible[:, 0] - closed
        assert (left >= 0.0).all(), f"seed {seed}"
        gap = 20_000.0 / (closed + part * left).sum()
        assert np.allclose(ledger.pooled, gap * closed), f"seed {seed}"
        assert np.allclose(ledger.outside - before.outside, gap * part * left), f"seed {seed}"
        spent = (ledger.pooled + ledger.outside - before.outside).sum()
        assert spent == pytest.approx(20_000.0), f"seed {seed}"


def test_fees_held_back_come_back_tier_by_tier(settled: Settled) -> None:
    """A share of claims at today's fees, less an equal part for each tier that the year's count reached."""
    seed, world, contract, tally, _ = settled
    shares = {"checks": 0.1, "asthma_care": 0.05}
    contract = replace(contract, lines={("withhold", name): share for name, share in shares.items()})
    ledger = settle(world, terms_of(world.instance, contract), tally)
    for office in range(len(tally.kind)):
        claims = sum(
            world.instance.status_quo.fees.get(one.name, 0.0) * tally.served[office, number, :PRIVATE].sum()
            for number, one in enumerate(world.instance.services)
        )
        lost = 0.0
        for m, measure in enumerate(world.instance.measures):
            events, met = tally.denominator[office, m], tally.numerator[office, m]
            if events > 0.0 and events >= measure.minimum_denominator:
                missed = [met / events < rate - 1e-6 for rate in measure.thresholds]
                lost += shares[measure.name] * sum(missed) / len(missed)
        assert ledger.withheld[office] == pytest.approx(-lost * claims), f"seed {seed}"


def test_every_event_is_met_or_not(settled: Settled) -> None:
    """Needs met are services delivered, never more than arose; what practices could not do was not met."""
    seed, world, _, tally, _ = settled
    for row, one in enumerate(world.instance.needs):
        k = world.need_segment[row]
        delivered = sum(
            tally.served[:, s, k] for s, each in enumerate(world.instance.services) if each.need == one.name
        )
        assert np.array_equal(tally.covered[:, row], delivered), f"row {row}, seed {seed}"
    assert (tally.covered + tally.crowded_out <= tally.events).all(), f"seed {seed}"
    for count in ("served", "events", "covered", "crowded_out", "leak_visits", "admissions", "numerator"):
        values = getattr(tally, count)
        assert (values >= 0).all(), f"{count}, seed {seed}"
        assert np.array_equal(values, np.rint(values)), f"{count} is not whole, seed {seed}"
    educator = [s.name for s in world.instance.services].index("educator")
    assert not tally.served[:, educator, PRIVATE].any(), "not for these children"


def test_every_event_not_met_leaks() -> None:
    """Where each leak costs the same, care elsewhere is the events not met times that cost."""
    instance = town(70.0, 30.0, (80.0, 60.0, 40.0), courses=(), enrolment=CHURN, waiting=Waiting(0.3, 0.0))
    world, seed = world_of(instance), new_seed()
    tally = year(world, plan_of(world, SERVED, kept=(0.8, 1.0, 0.5)), seed)
    assert tally.crowded_out.sum() > 0.0
    assert np.allclose(tally.leak_cost, world.leak_cost * (tally.events - tally.covered)), f"seed {seed}"


def test_visits_elsewhere_and_admissions_have_one_price() -> None:
    """Where the instance gives the cost of a visit or admission, money is their number times it."""
    world, seed = world_of(town(70.0, 30.0)), new_seed()
    tally = year(world, plan_of(world, SERVED, kept=0.8), seed)
    for row, one in enumerate(world.instance.needs):
        course = world.instance.simulation.course(one.name)
        if course.leak_visit_cost:
            paid = course.leak_visit_cost * tally.leak_visits[:, row]
            assert np.allclose(tally.leak_cost[:, row], paid), f"row {row}, seed {seed}"
        if course.admission_cost:
            paid = course.admission_cost * tally.admissions[:, row]
            assert np.allclose(tally.failure_cost[:, row], paid), f"row {row}, seed {seed}"


@pytest.mark.parametrize(("price", "most"), [(69.0, 1.1), (71.0, 1.0)])
def test_visits_elsewhere_are_whole_whatever_one_costs(price: float, most: float) -> None:
    """Of 70 dollars a leak in the mean, 71 come in some of the leaks, and 69 twice in a few."""
    world, seed = world_of(one_need(
        1.0, needs=(need(uncovered_cost=70.0),), children=3000.0,
        simulation=Simulation(courses=(Course("care", leak_visit_cost=price),)),
    )), new_seed()  # fmt: skip
    tally = year(world, plan_of(world, 0.4), seed)
    missed = tally.events - tally.covered
    assert np.allclose(tally.leak_cost, price * tally.leak_visits), f"seed {seed}"
    assert np.array_equal(tally.leak_visits, np.round(tally.leak_visits)), f"seed {seed}"
    assert (max(0.95, most - 0.1) * missed < tally.leak_visits).all(), f"seed {seed}"
    assert (tally.leak_visits < most * missed).all(), f"seed {seed}"
    assert ((tally.leak_visits > missed) == (price < 70.0)).all(), f"seed {seed}"


def test_hours_are_those_of_the_services_and_the_panel(settled: Settled) -> None:
    """Role by role; every service counts its minutes whenever it was delivered."""
    seed, world, _, tally, _ = settled
    for role in range(3):
        found = sum(tally.served[:, s].sum(axis=1) * world.minutes[s, role] for s in range(len(world.supply)))
        found = found + tally.child_years.sum(axis=1) * world.panel_minutes[role]
        assert np.allclose(60.0 * tally.hours[:, role], found), f"role {role}, seed {seed}"
    assert (tally.overtime <= tally.hours + 1e-9).all(), f"seed {seed}"
    assert (tally.overtime >= 0.0).all(), f"seed {seed}"


def test_overtime_is_what_goes_beyond_regular_hours() -> None:
    """Month by month: none with time enough; all beyond regular where every month is full."""
    instance = town(50.0, enrolment=CHURN, waiting=Waiting(0.3, 0.1))
    world, seed = world_of(instance), new_seed()
    regular = world.hours[0]
    full = year(world, plan_of(world, SERVED, overtime=6.0), seed)
    beyond = np.maximum(0.0, full.hours[0] - regular)
    assert (full.overtime[0] >= beyond - 1e-9).all(), f"seed {seed}"
    assert beyond.max() > 0.0
    ample = year(world_of(town()), plan_of(world, SERVED), seed)
    assert not ample.overtime.any(), f"seed {seed}"
    inbox = {role: replace(t, panel_minutes_per_child=60.0) for role, t in instance.staff.items()}
    alone = year(world_of(replace(instance, staff=inbox)), plan_of(world, 0.0), seed)
    assert np.allclose(alone.hours[0], 180.0), "the panel's work is done whatever the time"
    assert np.allclose(alone.overtime[0], 180.0 - regular), f"seed {seed}"


@pytest.mark.parametrize("enrolment", [Enrolment(0.35, 12), Enrolment(0.35, 1), Enrolment(0.0, 12)])
def test_bonus_on_all_children_and_rate_of_those_who_count(enrolment: Enrolment) -> None:
    """All eligible events are paid for; only those of children who stayed make the rate."""
    instance = one_need(
        2.0, Course("care", arrival="scheduled"), count=60.0, children=60.0,
        measures=(measured(0.55, 0.85),), simulation=Simulation(
            courses=(Course("care", arrival="scheduled"),), enrolment=enrolment),
    )  # fmt: skip
    world, seed = world_of(instance), new_seed()
    contract = Contract(bonuses={("rate", 1): 5.0, ("rate", 2): 3.0})
    for share in (0.6, 1.0):
        tally = year(world, plan_of(world, share, kept=0.9), seed)
        ledger = settle(world, terms_of(instance, contract), tally)
        rate = tally.numerator[:, 0] / np.maximum(tally.denominator[:, 0], 1.0)
        for tier, (threshold, bonus) in enumerate(((0.55, 5.0), (0.85, 3.0))):
            earned = np.where(rate >= threshold - 1e-6, bonus * tally.eligible[:, 0], 0.0)
            assert np.allclose(ledger.bonuses[0][:, tier], earned), f"seed {seed}"
        assert np.allclose(ledger.revenue, ledger.bonuses[0].sum(axis=1)), f"seed {seed}"
        if share == 1.0:
            assert np.array_equal(tally.numerator, tally.denominator), f"seed {seed}"
            assert np.array_equal(tally.eligible[:, 0], tally.covered[:, 0]), f"seed {seed}"
    some = enrolment.continuous_months == 12 and enrolment.leaving_per_month > 0.0
    assert np.array_equal(tally.eligible, tally.denominator) != some, f"seed {seed}"
    assert (tally.eligible < tally.events).all(), "events of children turned away earn no bonus"


def test_the_rate_of_those_who_count_is_that_of_all_in_the_mean() -> None:
    """Who counts has nothing to do with how events are met, so the expected rate is the one intended."""
    world = world_of(town(count=400.0, enrolment=Enrolment(0.2, 10)))

    def check(seed: int) -> None:
        tally = year(world, plan_of(world, SERVED), seed)
        for m, rate in enumerate((SERVED["short"] + SERVED["long"], SERVED["educator"])):
            surplus = tally.numerator[:, m] - rate * tally.denominator[:, m]
            assert abs(deviations(surplus, 0.0)) <= 4.0, f"measure {m}, seed {seed}"

    twice(check)


@pytest.mark.parametrize(("leaving", "months"), [(0.3, 12), (0.1, 6), (0.5, 1), (0.0, 12)])
def test_children_who_stay_long_enough_count(leaving: float, months: int) -> None:
    """The share of events that are of children who count, summed month by month on paper."""
    world = world_of(town(count=500.0, enrolment=Enrolment(leaving, months)))
    total = 0.0
    for begin in range(12):
        for stay in range(months, 12 - begin + 1):
            joins = 1.0 if begin == 0 else leaving
            leaves = 1.0 if begin + stay == 12 else leaving
            total += stay * joins * (1.0 - leaving) ** (stay - 1) * leaves
    share = total / 12.0
    assert np.isclose(counted_share(Enrolment(leaving, months)), share)

    def check(seed: int) -> None:
        found = year(world, plan_of(world, SERVED), seed)
        for m in range(2):
            surplus = found.denominator[:, m] - share * found.eligible[:, m]
            assert abs(deviations(surplus, 0.0)) <= 4.0, f"measure {m}, seed {seed}"

    twice(check)


def test_measures_leave_out_other_payers() -> None:
    """Eligible events are those of the measured segments among this payer's children."""
    world, seed = world_of(town(count=20.0)), new_seed()
    tally = year(world, plan_of(world, SERVED), seed)
    rows = {(n.name, n.segment): row for row, n in enumerate(world.instance.needs)}
    checks = tally.events[:, rows["check", "child"]] + tally.events[:, rows["check", "teen"]]
    assert np.array_equal(tally.eligible[:, 0], checks), f"seed {seed}"
    assert np.array_equal(tally.eligible[:, 1], tally.events[:, rows["asthma", "teen"]]), f"seed {seed}"
    educator = [s.name for s in world.instance.services].index("educator")
    assert np.array_equal(tally.numerator[:, 1], tally.served[:, educator, 1]), f"seed {seed}"


def test_other_payers_children_bring_this_payer_nothing() -> None:
    """With time enough ten times as many of them change no dollar and no QALY that this payer sees."""
    instance, seed = town(count=25.0), new_seed()
    world = world_of(instance)
    terms = terms_of(instance, drawn_contract(np.random.default_rng(seed)))
    practices = crowd(world, seed, 0)
    asked = practices.asked * np.where(np.arange(3) == PRIVATE, 10, 1)
    few, many = (
        settle(world, terms, year(world, plan_of(world, SERVED), seed, practices=p))
        for p in (practices, replace(practices, asked=asked))
    )
    for name in ("revenue", "outside", "outlay", "health", "capitation", "fees"):
        assert np.array_equal(getattr(few, name), getattr(many, name)), f"{name}, seed {seed}"
    for name in ("own_health", "other_revenue", "supplies"):
        assert (getattr(many, name) > getattr(few, name)).all(), f"{name}, seed {seed}"
    alone = replace(practices, asked=practices.asked * (np.arange(3) == PRIVATE))
    ledger = settle(world, terms, year(world, plan_of(world, SERVED), seed, practices=alone))
    for name in ("revenue", "outside", "health"):
        assert not getattr(ledger, name).any(), f"{name}, seed {seed}"
    paid = 1.5 * ledger.tally.served.sum(axis=2) @ world.status_quo_fee
    assert np.allclose(ledger.other_revenue, paid), f"seed {seed}"


def test_totals_are_sums_over_the_practices_there_are(settled: Settled) -> None:
    """Income is revenue less costs, practice by practice; a fraction of a practice counts as such."""
    seed, world, _, tally, ledger = settled
    volumes = tally.served.sum(axis=2)
    supplies = volumes @ np.array([s.supply_cost for s in world.instance.services])
    overhead = 5000.0 * tally.size + 7.0 * tally.child_years.sum(axis=1)
    revenue = ledger.fees.sum(axis=1) + ledger.capitation.sum(axis=1)
    revenue = revenue + sum(bonus.sum(axis=1) for bonus in ledger.bonuses)
    income = revenue + ledger.other_revenue - supplies - overhead - ledger.overtime_wages
    assert np.allclose(ledger.income, income), f"seed {seed}"
    assert np.isclose(ledger.total(ledger.income), income.sum()), f"seed {seed}"
    assert (ledger.weight == 1.0).all()


def test_a_fractional_number_of_practices_counts_as_such() -> None:
    """Two and a half practices, simulated as three, cost the payer two and a half times one's outlay."""
    instance, seed = one_need(1.0, count=2.5, children=2000.0), new_seed()
    found = simulate(instance, replications=8, seed=seed)
    assert len(found.ledger.weight) == 3
    assert np.isclose(found.mean("children_on_panels"), 5000.0), f"seed {seed}"
    # 5,000 children with an event a year, each met by a visit of 50 dollars.
    assert abs(found.outlay_usd / 250_000.0 - 1.0) < 0.03, f"{found.outlay_usd}, seed {seed}"


def test_overtime_of_each_role_is_its_own() -> None:
    """Staff who are short of time stop the services that need them, and no others."""
    services = (service("visit", minutes=30.0), replace(service("call"), minutes=minutes(team=30.0)))
    instance = one_need(
        1.0, children=1000.0, hours=60.0, services=services,
        practices=(practice(fte=minutes(1.0, 0.0, 1.0)),),
    )  # fmt: skip
    staff = instance.staff | {"team": replace(instance.staff["team"], hours_per_fte=1e4)}
    world, seed = world_of(replace(instance, staff=staff)), new_seed()
    tally = year(world, plan_of(world, {"visit": 0.5, "call": 0.5}), seed)
    visits, calls = tally.served[0, :, 0]
    assert visits == 120.0, f"seed {seed}"
    assert abs(calls - 500.0) < 4.0 * 500.0**0.5, f"{calls}, seed {seed}"
    assert not tally.overtime.any(), f"seed {seed}"
