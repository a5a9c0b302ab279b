"""The kinds of practice within a type: what each cares for, and how it misjudges the worth of services."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from incentive_opt.simulate.assumptions import Assumptions
from incentive_opt.simulate.world import FloatArray, World

GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
FEWEST_QUANTAL = 8
"""Errors of perception need several practices to average over, even in a type whose practices are alike."""


@dataclass(frozen=True, eq=False)
class Character:
    """One kind of practice of a type.

    Attributes
    ----------
    altruism : float
        Worth of a QALY of its children [USD/QALY].
    effort_scale : float
        Multiplies every service's effort cost [1].
    error : array (services,)
        By how much it overrates a service against leaving the event without care [USD/service].
    """

    altruism: float
    effort_scale: float
    error: FloatArray

    def same_as(self, other: Character) -> bool:
        """Whether both decide alike."""
        mine, others = (self.altruism, self.effort_scale), (other.altruism, other.effort_scale)
        return mine == others and np.array_equal(self.error, other.error)


def characters_of(
    world: World, kind: int, assumptions: Assumptions, quantal: bool = False
) -> list[Character]:
    """The characters of a practice type, all equally likely; the same in every run and under every contract.

    Parameters
    ----------
    kind : int
        Number of the practice type.
    assumptions : Assumptions
        Whether they differ in altruism and effort; if not, there is one, at the type's own values.
    quantal : bool
        Whether they misjudge services; then there are at least ``FEWEST_QUANTAL``.
    """
    terms = world.instance.simulation
    spread = assumptions.spread
    given = max(1, assumptions.characters or terms.spread.characters)
    number = max(FEWEST_QUANTAL, given) if quantal else given if spread else 1
    altruism = np.full(number, world.altruism[kind])
    effort = np.full(number, world.effort_scale[kind])
    if spread:
        first, second = _scores(number)
        altruism = altruism * _lognormal(first, terms.spread.altruism)
        effort = effort * _lognormal(second, terms.spread.effort)
    error = np.zeros((number, len(world.supply)))
    if quantal:
        error = terms.behaviour.quantal_usd_per_service * _misjudgements(world, kind, number)
    return [Character(float(a), float(e), own) for a, e, own in zip(altruism, effort, error, strict=True)]


def _scores(number: int) -> tuple[FloatArray, FloatArray]:
    """Two nearly uncorrelated sets of standard normal scores.

    Both are the middles of as many equally likely ranges, the second in the order of a golden-ratio sequence.
    """
    second = np.argsort(np.argsort((np.arange(1, number + 1) * GOLDEN) % 1.0))
    normal = NormalDist()
    scores = np.array([normal.inv_cdf((rank + 0.5) / number) for rank in range(number)])
    return scores, scores[second]


def _lognormal(scores: FloatArray, variation: float) -> FloatArray:
    """Factors with mean 1 and about this coefficient of variation."""
    if len(scores) == 1:
        return np.ones(1)
    scale = math.sqrt(math.log1p(variation**2)) / scores.std()
    factors = np.exp(scale * scores)
    return np.asarray(factors / factors.mean())


def _misjudgements(world: World, kind: int, number: int) -> FloatArray:
    """Error of every service less that of no care, array (characters, services), in units of the scale."""
    practice = world.instance.practices[kind].name
    services = world.instance.services
    none = {name: _gumbel(f"{practice}/no care/{name}", number) for name in world.need_names}
    columns = [_gumbel(f"{practice}/{s.name}", number) - none[s.need] for s in services]
    return np.array(columns).reshape(len(services), number).T


def _gumbel(name: str, number: int) -> FloatArray:
    """Gumbel errors with mean 0 and the standard Gumbel's variance, one a character.

    They are the middles of equally likely ranges, in an order that depends on the name only.
    """
    order = sorted(range(number), key=lambda j: hashlib.sha256(f"{name}/{j}".encode()).digest())
    levels = -np.log(-np.log((np.arange(number) + 0.5) / number))
    levels = (levels - levels.mean()) * (math.pi / math.sqrt(6.0)) / levels.std()
    return np.asarray(levels[np.argsort(order)])
