"""Kinds of practice within a type: they differ in altruism and effort, as practices of a type do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist, fmean, pstdev

from incentive_opt.domain.instance import Instance

GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
MOST_KINDS = 100
"""More kinds of each type stand for nothing that fewer do not."""


@dataclass(frozen=True)
class Members:
    """The kinds of a practice type; the type itself where it is not told apart.

    Attributes
    ----------
    name, label : str
        Of the type.
    places : tuple of int
        Of its kinds among the instance's practices.
    shares : tuple of float
        Share of the type's practices that is of each kind [1].
    """

    name: str
    label: str
    places: tuple[int, ...]
    shares: tuple[float, ...]

    def mean(self, figures: Sequence[float]) -> float:
        """Mean over the type of a figure that is given for each of the instance's practices."""
        return sum(share * figures[place] for place, share in zip(self.places, self.shares, strict=True))


def in_kinds(instance: Instance, number: int) -> Instance:
    """The instance with every practice type replaced by so many kinds of practice, equally many of each.

    Parameters
    ----------
    number : int
        Kinds of each type; with 1 the instance stays as it is.

    Returns
    -------
    Instance
        A kind is named after its type, ``name~1`` and so on, and has its label. Its panel, staff and targets
        are those of the type; altruism and effort have the means of the type and about the coefficients of
        variation that ``instance.simulation.spread`` gives. What was observed is of types and left out.

    Notes
    -----
    Altruism goes by the middles of equally likely ranges of a lognormal distribution; effort too, in the
    order of a golden-ratio sequence, so that the two are nearly uncorrelated (docs/mathematics.md).
    """
    if number <= 1:
        return instance
    spread = instance.simulation.spread
    middles = [NormalDist().inv_cdf((rank + 0.5) / number) for rank in range(number)]
    altruism = _factors(middles, spread.altruism)
    effort = _factors([middles[rank] for rank in _golden_ranks(number)], spread.effort)
    kinds = {
        practice.name: [
            replace(
                practice,
                name=f"{practice.name}~{kind}",
                label=practice.label or practice.name,
                count=practice.count / number,
                altruism=practice.altruism * altruism[kind - 1],
                effort_scale=practice.effort_scale * effort[kind - 1],
                of_type=practice.name,
            )
            for kind in range(1, number + 1)
        ]
        for practice in instance.practices
    }
    return replace(
        instance,
        practices=tuple(one for practice in instance.practices for one in kinds[practice.name]),
        panels=tuple(replace(p, practice=one.name) for p in instance.panels for one in kinds[p.practice]),
        observed=(),
        attainment={
            (one.name, measure, tier): rate
            for (practice, measure, tier), rate in instance.attainment.items()
            for one in kinds[practice]
        },
    )


def types_of(instance: Instance) -> tuple[Members, ...]:
    """The practice types with their kinds, in the order of the instance."""
    places: dict[str, list[int]] = {}
    for place, practice in enumerate(instance.practices):
        places.setdefault(practice.of_type or practice.name, []).append(place)
    return tuple(_members(instance, name, own) for name, own in places.items())


def _members(instance: Instance, name: str, places: list[int]) -> Members:
    counts = [instance.practices[place].count for place in places]
    total = sum(counts)
    shares = [count / total if total > 0.0 else 1.0 / len(places) for count in counts]
    label = instance.practices[places[0]].label or name
    return Members(name, label, tuple(places), (1.0,) if len(places) == 1 else tuple(shares))


def differ(instance: Instance) -> bool:
    """Whether practices of a type differ in anything that kinds stand for."""
    spread = instance.simulation.spread
    return spread.altruism > 0.0 or spread.effort > 0.0


def _golden_ranks(number: int) -> list[int]:
    """Rank of each member of a golden-ratio sequence among the first so many."""
    sequence = [(member * GOLDEN) % 1.0 for member in range(1, number + 1)]
    order = sorted(range(number), key=sequence.__getitem__)
    ranks = [0] * number
    for rank, member in enumerate(order):
        ranks[member] = rank
    return ranks


def _factors(scores: Sequence[float], variation: float) -> list[float]:
    """Lognormal factors with mean 1 and about this coefficient of variation."""
    scale = math.sqrt(math.log1p(variation**2)) / pstdev(scores)
    factors = [math.exp(scale * score) for score in scores]
    mean = fmean(factors)
    return [factor / mean for factor in factors]
