"""The practices of one replication: drawn around their types, with whole children."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from incentive_opt.simulate.streams import key_of, uniforms
from incentive_opt.simulate.world import FloatArray, IntArray, World

SIZE, MIX, ROUNDING, CHARACTER = 1, 2, 3, 4
"""What a draw is for."""
CROWD = 0x43524F5744
"""Sets the practices' draws apart from those of their children."""


@dataclass(frozen=True)
class Crowd:
    """Practices (P), those of a type side by side.

    Attributes
    ----------
    kind : int array (P,)
        Practice type.
    character : int array (P,)
        Which of the type's characters the practice has.
    size : array (P,)
        Relative to the type; 1 on average over the type's practices [1].
    asked : int array (P, segments)
        Children who ask to be on the panel.
    """

    kind: IntArray
    character: IntArray
    size: FloatArray
    asked: IntArray

    @property
    def children(self) -> IntArray:
        """Children of each practice, array (P,)."""
        return np.asarray(self.asked.sum(axis=1))

    def only(self, rows: IntArray) -> Crowd:
        """Some of the practices."""
        return Crowd(self.kind[rows], self.character[rows], self.size[rows], self.asked[rows])


def crowd(
    world: World, seed: int, replication: int, spread: bool = True, characters: int | None = None
) -> Crowd:
    """Draw the practices of one replication.

    Parameters
    ----------
    spread : bool
        If not, all practices of a type have its size, its mix and its own character.
    characters : int, optional
        So many are drawn from; those of the instance if not given.

    Notes
    -----
    A type of a fractional number of practices has the nearest whole number of them, and at least one; totals
    are scaled back where they are reckoned. Sizes and mixes are rescaled so that the children of each segment
    over all practices of a type are those of the instance, and rounded to whole children so that the sum is
    too, to within one child.
    """
    own = characters or world.instance.simulation.spread.characters
    parts = [_practices(world, kind, seed, replication, spread, own) for kind in range(len(world.count))]
    segments = len(world.weight)
    return Crowd(
        kind=np.repeat(np.arange(len(parts)), [len(size) for _, size, _ in parts]),
        character=np.concatenate([np.zeros(0, dtype=np.int64), *(character for character, _, _ in parts)]),
        size=np.concatenate([np.zeros(0), *(size for _, size, _ in parts)]),
        asked=np.concatenate([np.zeros((0, segments), dtype=np.int64), *(asked for _, _, asked in parts)]),
    )


def _practices(
    world: World, kind: int, seed: int, replication: int, spread: bool, characters: int
) -> tuple[IntArray, FloatArray, IntArray]:
    """Characters (n,), sizes (n,) and children (n, segments) of a type's practices."""
    number, segments = max(1, math.floor(world.count[kind] + 0.5)), len(world.weight)
    terms = world.instance.simulation.spread
    places = np.arange(number)

    def draws(purpose: int, numbers: IntArray) -> FloatArray:
        return uniforms(key_of(CROWD, seed, replication, kind, purpose), numbers)

    size, mix = np.ones(number), np.ones((number, segments))
    character = np.zeros(number, dtype=np.int64)
    if spread:
        size = lognormal(draws(SIZE, places), terms.size)
        size = size / size.mean()
        mix = lognormal(draws(MIX, np.arange(number * segments)), terms.mix).reshape(number, segments)
        mix = mix / (mix * size[:, None]).mean(axis=0)
        offset = int(draws(CHARACTER, np.zeros(1, dtype=np.int64))[0] * characters)
        character = (offset + places) % characters
    reached = np.cumsum(world.demanded[kind] * size[:, None] * mix, axis=0)
    marks = np.floor(reached + draws(ROUNDING, np.arange(segments))).astype(np.int64)
    return character, size, np.diff(marks, axis=0, prepend=0)


def lognormal(shares: FloatArray, variation: float) -> FloatArray:
    """Lognormal variables of mean 1 and a coefficient of variation, by their ranks from 0 to 1."""
    if variation <= 0.0:
        return np.ones(len(shares))
    deviation = math.sqrt(math.log1p(variation**2))
    inside = np.clip(shares, 2.0**-54, 1.0 - 2.0**-53)
    normal = np.array([NormalDist().inv_cdf(float(share)) for share in inside])
    return np.asarray(np.exp(deviation * normal - 0.5 * deviation**2))
