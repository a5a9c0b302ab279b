"""Random numbers of a year: the same for the same seed and the same child; practices drawn as asked."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

import incentive_opt as io
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.simulation import BEHAVIOURS, Continuity, Enrolment, Simulation, Spread, Waiting
from incentive_opt.simulate.population import Crowd, crowd
from incentive_opt.simulate.run import prepare, simulate, years
from incentive_opt.simulate.tally import Tally
from incentive_opt.simulate.world import World, world_of
from tests.simulate.small_worlds import practice
from tests.simulate.small_years import SERVED, deviations, new_seed, one_need, plan_of, town, twice, year

ROOT = Path(__file__).resolve().parents[2]
EVERYTHING = {
    "spread": Spread(size=0.4, mix=0.2),
    "enrolment": Enrolment(0.05, 10),
    "continuity": Continuity(0.6, 0.75, 0.4, 1.2, 1.5, 1.1, 1.3),
    "waiting": Waiting(0.2, 0.05),
}
"""All that draws numbers: practices and children that differ, churn, queues, other clinicians."""
OF_NEEDS = ("events", "covered", "crowded_out", "gained", "leak_cost", "failure_cost", "leak_visits")


def busy(count: float = 40.0, children: tuple[float, ...] = (80.0, 60.0, 40.0)) -> World:
    """Practices short of time, so that queues and squeezing in are at work too."""
    return world_of(town(sum(children) * 0.55, count, children, **EVERYTHING))


def differing(first: Tally, second: Tally) -> list[str]:
    """Fields that are not the same to the last bit."""
    return [
        f.name for f in fields(Tally) if getattr(first, f.name).tobytes() != getattr(second, f.name).tobytes()
    ]


def digest(tally: Tally) -> str:
    """All counts of a year as one word."""
    return hashlib.sha256(b"".join(getattr(tally, f.name).tobytes() for f in fields(Tally))).hexdigest()


def one_more(practices: Crowd, practice: int, segment: int) -> Crowd:
    """One more child asks at one practice."""
    asked = practices.asked.copy()
    asked[practice, segment] += 1
    return replace(practices, asked=asked)


def test_the_same_seed_gives_the_same_year() -> None:
    """To the last bit, in every count; another seed or replication gives another year."""
    world, seed = busy(), new_seed()
    plan = plan_of(world, SERVED, kept=(0.9, 1.0, 0.7))
    first = year(world, plan, seed)
    assert first.crowded_out.sum() > 0, f"time should be short, seed {seed}"
    assert differing(first, year(world, plan, seed)) == [], f"seed {seed}"
    for other in (year(world, plan, seed + 1), year(world, plan, seed, replication=1)):
        assert {"events", "gained", "leak_cost", "asked", "size"} <= set(differing(first, other)), (
            f"seed {seed}"
        )


@pytest.mark.parametrize("seed", [0, 1, 2**32, 2**63 - 1])
def test_seeds_and_replications_are_not_mixed_up(seed: int) -> None:
    """Seed s in replication r is not seed r in replication s, nor the next seed the next replication."""
    world = world_of(one_need(1.0, count=50.0))
    plan = plan_of(world, 0.5)
    found = {
        digest(year(world, plan, s, r)) for s, r in ((seed, 7), (7, seed % 1000), (seed ^ 1, 6), (seed, 6))
    }
    assert len(found) == 4


def test_threads_change_nothing() -> None:
    """One, two and three threads count the same to the last bit, with more than three parts to share."""
    world, seed = busy(12.0, (4000.0, 3000.0, 2000.0)), new_seed()
    plan = plan_of(world, SERVED, kept=0.95)
    practices = crowd(world, seed, 0)
    assert practices.asked.sum() > 80_000
    first = year(world, plan, seed, practices=practices)
    for threads in (2, 3):
        found = year(world, plan, seed, threads=threads, practices=practices)
        assert differing(first, found) == [], f"{threads} threads, seed {seed}"


def test_a_practice_alone_is_as_among_others() -> None:
    """The first practices of a crowd have the year that they would have without the rest."""
    world, seed = busy(), new_seed()
    plan, everyone = plan_of(world, SERVED), crowd(world, seed, 0)
    whole = year(world, plan, seed, practices=everyone)
    part = year(world, plan, seed, practices=everyone.only(np.arange(3)))
    assert np.array_equal(whole.events[:3], part.events), f"seed {seed}"
    assert np.array_equal(whole.gained[:3], part.gained), f"seed {seed}"


SCRIPT = """
from tests.simulate.test_year_random_numbers import SERVED, busy, digest, plan_of, year
world = busy()
print(digest(year(world, plan_of(world, SERVED), 20250101)))
"""


def test_other_processes_count_the_same() -> None:
    """Another process, which hashes strings differently, simulates the same year."""
    world = busy()
    here = digest(year(world, plan_of(world, SERVED), 20250101))
    for salt in ("1", "4711"):
        environment = os.environ | {"PYTHONHASHSEED": salt, "PYTHONPATH": str(ROOT)}
        found = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stdout.strip() == here, f"PYTHONHASHSEED={salt}"


@pytest.mark.parametrize("segment", [0, 1, 2])
def test_one_more_child_disturbs_no_other(segment: int) -> None:
    """All needs are as they were but those of the one child, who is the same wherever it is added."""
    world, seed = world_of(town(count=30.0, **EVERYTHING)), new_seed()
    plan = plan_of(world, SERVED, kept=(1.0, 0.5, 0.0))
    before = crowd(world, seed, 0)
    after = one_more(before, 4, segment)
    first, second = (year(world, plan, seed, practices=p) for p in (before, after))
    more = second.events - first.events
    elsewhere = np.arange(len(more)) != 4
    assert not more[elsewhere].any(), f"seed {seed}"
    assert not more[4, world.need_segment != segment].any(), f"seed {seed}"
    assert more.min() >= 0, f"seed {seed}"
    third = year(world, plan, seed, practices=one_more(one_more(before, 4, (segment + 1) % 3), 4, segment))
    own = world.need_segment == segment
    assert np.array_equal((third.events - first.events)[4, own], more[4, own]), f"seed {seed}"


def test_a_child_more_or_less_in_every_practice() -> None:
    """The last child of many practices has as many needs as any: differences add up to the rate."""
    world, seed = world_of(town(count=3000.0, children=(5.0, 5.0, 5.0))), new_seed()
    plan, before = plan_of(world, 0.0), crowd(world, seed, 0)
    after = replace(before, asked=before.asked + 1)
    more = year(world, plan, seed, practices=after).events - year(world, plan, seed, practices=before).events
    error = more.std(axis=0, ddof=1) / np.sqrt(len(more))
    assert (np.abs(more.mean(axis=0) - world.rate) <= 5.0 * error).all(), f"seed {seed}"


def test_no_two_children_fall_ill_together() -> None:
    """Counts in two segments, practices, replications or seeds have nothing to do with each other."""
    instance = town(count=20_000.0, children=(1.0, 1.0, 1.0), courses=(), conditions=())
    needs = tuple(replace(n, events_per_child_year=1.0) for n in instance.needs)
    world = world_of(replace(instance, needs=needs))
    plan = plan_of(world, 0.0)

    def check(seed: int) -> None:
        here, next_year, other = (
            year(world, plan, s, r).events for s, r in ((seed, 0), (seed, 1), (seed + 1, 0))
        )
        pairs = [(here[:, k], here[:, k + 1]) for k in range(8)]
        pairs += [(here[:-1, k], here[1:, k]) for k in range(9)]
        pairs += [(here[:, k], there[:, k]) for there in (next_year, other) for k in range(9)]
        found = np.array([np.corrcoef(first, second)[0, 1] for first, second in pairs])
        assert np.abs(found).max() * np.sqrt(len(here)) < 4.5, f"{found}, seed {seed}"

    twice(check)


def test_needs_are_the_same_under_every_plan() -> None:
    """Whatever practices keep, serve and work overtime, the children who ask fall ill as often."""
    world, seed = busy(), new_seed()
    practices = crowd(world, seed, 0)
    plans = [
        plan_of(world, 0.0),
        plan_of(world, SERVED),
        plan_of(world, SERVED, kept=(0.3, 0.0, 1.0), overtime=50.0),
        plan_of(world, {"short": 0.1, "educator": 0.9}, kept=0.5),
    ]
    found = [year(world, plan, seed, practices=practices) for plan in plans]
    for other in found[1:]:
        assert np.array_equal(found[0].events, other.events), f"seed {seed}"
    assert len({digest(one) for one in found}) == len(found)


def test_needs_are_the_same_under_every_contract_and_behaviour() -> None:
    """Practices and needs of three replications are those of the seed, however practices answer."""
    instance, seed = io.read_instance("two_practices"), new_seed()
    other = Contract(fees={"well_visit_long": 120.0, "asthma_team": 60.0}, capitation={"child": 4.0})
    found = []
    for contract in (None, other):
        for behaviour in BEHAVIOURS:
            tallies = [one.tally for one in years(prepare(instance, contract, behaviour), 3, seed)]
            found.append((tallies, [digest(one) for one in tallies]))
    for tallies, _ in found[1:]:
        for mine, first in zip(tallies, found[0][0], strict=True):
            for name in ("kind", "size", "asked", "events"):
                assert np.array_equal(getattr(mine, name), getattr(first, name)), f"{name}, seed {seed}"
    assert len({tuple(words) for _, words in found}) > 1, "contracts and behaviours should matter at all"


def test_care_is_compared_child_by_child() -> None:
    """A little more care in the same years: the difference varies far less than between years apart."""
    world, seed = world_of(town(count=400.0, **EVERYTHING)), new_seed()
    less, more = plan_of(world, SERVED), plan_of(world, SERVED | {"cold_visit": 0.85})
    practices = crowd(world, seed, 0)
    base, same = (year(world, plan, seed, practices=practices) for plan in (less, more))
    apart = year(world, more, seed, replication=1, practices=practices)
    row = world.need_names.index("cold") * 3
    for name in ("covered", "gained"):
        first = getattr(base, name)[:, row]
        paired = np.var(getattr(same, name)[:, row] - first)
        unpaired = np.var(getattr(apart, name)[:, row] - first)
        assert 0.0 < paired < 0.25 * unpaired, f"{name}: {paired} against {unpaired}, seed {seed}"


def test_contracts_are_compared_without_luck() -> None:
    """Two contracts on one seed: health and outlay differ with a tenth of the variance of two seeds."""
    instance = one_need(1.0, count=5.0, children=200.0, minutes_each=20.0, hours=1e4)
    instance = replace(instance, simulation=Simulation(spread=Spread(size=0.3)))
    first, second = (replace(instance.status_quo, fees={"visit": fee}) for fee in (60.0, 61.0))
    seed = new_seed()
    base, same = (simulate(instance, contract, replications=25, seed=seed) for contract in (first, second))
    apart = simulate(instance, second, replications=25, seed=seed + 1)
    column = base.index("outlay_usd")
    paired = np.var(same.samples[:, column] - base.samples[:, column])
    unpaired = np.var(apart.samples[:, column] - base.samples[:, column])
    assert 0.0 < paired < 0.1 * unpaired, f"{paired} against {unpaired}, seed {seed}"


def spread_town(**spread: float) -> World:
    """Two types of practices that differ, one of a fractional number."""
    instance = town(spread=Spread(characters=5, **spread), children=(83.3, 60.0, 41.7))
    panels = (*instance.panels, *(replace(p, practice="clinic", demanded=700.5) for p in instance.panels))
    return world_of(
        replace(instance, practices=(practice(count=217.0), practice("clinic", count=7.4)), panels=panels)
    )


def test_practices_are_as_many_and_as_large_as_asked() -> None:
    """Numbers, mean sizes and children of every segment are the type's; sizes and mixes vary as asked."""
    world, seed = spread_town(size=0.4, mix=0.2), new_seed()
    sizes = []
    for replication in range(20):
        drawn = crowd(world, seed, replication)
        assert np.bincount(drawn.kind).tolist() == [217, 7]
        for kind, number in enumerate((217, 7)):
            own = drawn.kind == kind
            assert np.isclose(drawn.size[own].mean(), 1.0)
            total = drawn.asked[own].sum(axis=0)
            assert (np.abs(total - number * world.demanded[kind]) <= 1.0).all(), f"seed {seed}"
        sizes.append(drawn.size[drawn.kind == 0])
    assert abs(np.std(sizes) - 0.4) < 0.04, f"{np.std(sizes)}, seed {seed}"
    large = crowd(replace(world, demanded=1000.0 * world.demanded), seed, 0)
    mix = large.asked / (1000.0 * world.demanded[large.kind] * large.size[:, None])
    assert np.abs(mix[large.kind == 0].std(axis=0) - 0.2).max() < 0.06, f"seed {seed}"


def test_practices_alike_ask_for_whole_children_in_fair_share() -> None:
    """Without spread all have the type's size; fractions of a child are rounded up in their share."""
    world, seed = spread_town(size=0.4, mix=0.2), new_seed()
    drawn = crowd(world, seed, 0, spread=False)
    assert (drawn.size == 1.0).all()
    assert (drawn.character == 0).all()
    own = drawn.asked[drawn.kind == 0]
    assert set(own[:, 0]) == {83, 84}, f"seed {seed}"
    assert set(own[:, 1]) == {60}, f"seed {seed}"
    assert abs(own[:, 0].mean() - 83.3) <= 1.0 / 217, f"seed {seed}"

    def check(seed: int) -> None:
        totals = [crowd(world, seed, r).asked[217:, 2].sum(keepdims=True) for r in range(300)]
        assert abs(deviations(np.array(totals, dtype=float), 7 * 700.5)[0]) <= 4.0, f"seed {seed}"

    twice(check)


def test_characters_are_equally_frequent() -> None:
    """In a year numbers of practices differ by one at most; over years every character has its turn."""
    world, seed = spread_town(), new_seed()
    total = np.zeros(5)
    for replication in range(200):
        drawn = crowd(world, seed, replication)
        for kind in range(2):
            number = np.bincount(drawn.character[drawn.kind == kind], minlength=5)
            assert len(number) == 5
            assert number.max() - number.min() <= 1, f"seed {seed}"
            total += number if kind else 0.0
    assert np.abs(total / total.sum() - 0.2).max() < 0.04, f"{total}, seed {seed}"


@pytest.mark.parametrize("count", [0.2, 0.5, 1.4, 2.5, 3.6])
def test_a_type_has_the_nearest_whole_number_of_practices(count: float) -> None:
    """At least one; halves are rounded up."""
    drawn: Crowd = crowd(world_of(town(count=count)), new_seed(), 0)
    assert len(drawn.kind) == max(1, int(count + 0.5))
