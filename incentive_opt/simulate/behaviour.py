"""What practices do under a contract, by behaviour; see docs/simulator.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.simulation import BEHAVIOURS
from incentive_opt.errors import InputError, Problem
from incentive_opt.simulate.assumptions import Assumptions
from incentive_opt.simulate.characters import Character, characters_of
from incentive_opt.simulate.deciding import Practice
from incentive_opt.simulate.plan import Plan, mixed
from incentive_opt.simulate.world import Terms, World, terms_of
from incentive_opt.simulate.worth import expected_utility

__all__ = ["Assumptions", "expected_utility", "plans_of"]

DEFAULT = Assumptions()

Told = Callable[[int, int], None]
"""Told how many plans of how many are decided."""


@dataclass(frozen=True)
class Setting:
    """A contract to answer, and the one in force before it."""

    world: World
    terms: Terms
    before: Terms
    behaviour: str
    assumptions: Assumptions


def plans_of(
    world: World,
    contract: Contract,
    behaviour: str,
    assumptions: Assumptions = DEFAULT,
    progress: Told | None = None,
) -> list[list[Plan]]:
    """What every kind of practice means to do in a year under a contract.

    Parameters
    ----------
    world : World
    contract : Contract
    behaviour : {"rational", "quantal", "inertial", "satisficing"}
    assumptions : Assumptions, optional
    progress : callable, optional
        Told after each plan how many are decided, and how many there will be.

    Returns
    -------
    list of list of Plan
        For each practice type, one plan a character. ``worth`` is the plan's expected utility under the
        contract as the character sees it.

    Raises
    ------
    InputError
        The behaviour is not known, or a practice cannot keep its fewest children within its staff's time.
    """
    if behaviour not in BEHAVIOURS:
        expected = f"one of {', '.join(BEHAVIOURS)}"
        raise InputError([Problem("what was asked for", "behaviour", behaviour, expected)])
    instance = world.instance
    before = terms_of(instance, instance.status_quo)
    setting = Setting(world, terms_of(instance, contract), before, behaviour, assumptions)
    kinds = range(len(world.count))
    characters = [characters_of(world, i, assumptions, behaviour == "quantal") for i in kinds]
    total, done = sum(len(own) for own in characters), 0
    plans: list[list[Plan]] = []
    for kind in kinds:
        plans.append([])
        for plan in _answers(setting, kind, characters[kind]):
            plans[kind].append(plan)
            done += 1
            if progress is not None:
                progress(done, total)
    return plans


def _answers(setting: Setting, kind: int, characters: list[Character]) -> Iterator[Plan]:
    """A plan for each character of a type; characters that decide alike decide once."""
    practice = Practice(setting.world, kind, setting.assumptions)
    known: list[tuple[Character, Plan]] = []
    for character in characters:
        plan = next((p for other, p in known if character.same_as(other)), None)
        if plan is None:
            plan = _answer(setting, practice, character)
            known.append((character, plan))
        yield plan


def _answer(setting: Setting, practice: Practice, character: Character) -> Plan:
    if setting.behaviour in ("rational", "quantal"):
        return practice.decide(character, setting.terms)
    now = practice.decide(character, setting.before)
    best = practice.decide(character, setting.terms)
    if setting.behaviour == "inertial":
        plan = mixed(now, best, moved(setting.world))
        return replace(plan, worth=_worth(setting, practice.kind, character, plan))
    staying = _worth(setting, practice.kind, character, now)
    changes = best.worth - staying > least_gain(setting.world, practice.kind)
    return best if changes else replace(now, worth=staying)


def moved(world: World) -> float:
    """Share of the way to its best plan that an inertial practice has gone in a contract's last year [1]."""
    terms = world.instance.simulation.behaviour
    return 1.0 - (1.0 - terms.inertial_move_per_year) ** terms.contract_years


def least_gain(world: World, kind: int) -> float:
    """Gain for which a satisficing practice changes how it works [USD/year]."""
    clinicians = float(world.fte[kind, :2].sum())
    return world.instance.simulation.behaviour.satisficing_usd_per_clinician * clinicians


def _worth(setting: Setting, kind: int, character: Character, plan: Plan) -> float:
    return expected_utility(setting.world, kind, character, setting.terms, plan, setting.assumptions)
