"""Uniforms without state: each is a hash of who asks and for what, so no draw depends on any other.

The hash is the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) over a key and a number. Keys
are hashes themselves: of seed, replication, practice, segment, slot and child.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from incentive_opt.simulate.compiled import compiled

if TYPE_CHECKING:
    FloatArray = npt.NDArray[np.float64]
    IntArray = npt.NDArray[np.int64]

WordArray = npt.NDArray[np.uint64]

STEP = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
BY_30, BY_27, BY_31, BY_11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
UNIT = 2.0**-53
WHOLE_BITS = 53
WHOLE = 1 << WHOLE_BITS
WORD = 2**64 - 1


def _mixed(word: Any) -> Any:
    word = (word ^ (word >> BY_30)) * FIRST
    word = (word ^ (word >> BY_27)) * SECOND
    return word ^ (word >> BY_31)


mixed = compiled(_mixed)


@compiled
def plain(index: int) -> Any:
    """An index that is never negative: said so, numba leaves out what it does for those that are."""
    return np.uint64(index)


@compiled
def word_of(key: np.uint64, number: int) -> Any:
    """The ``number``-th word of a key."""
    return mixed(key + np.uint64(number) * STEP)


@compiled
def whole(key: np.uint64, number: int) -> Any:
    """The ``number``-th uniform of a key as a whole number from 0 to below ``WHOLE``."""
    return np.int64(mixed(key + np.uint64(number) * STEP) >> BY_11)


@compiled
def unit(word: np.uint64) -> float:
    """A word as a number from 0 to below 1."""
    return float(np.int64(word >> BY_11)) * UNIT


@compiled
def uniform(key: np.uint64, number: int) -> float:
    """The ``number``-th uniform of a key."""
    return unit(mixed(key + np.uint64(number) * STEP))


def key_of(*parts: int) -> np.uint64:
    """A key from whole numbers of any size and sign; another order is another key."""
    key = np.array([len(parts)], dtype=np.uint64)
    for part in parts:
        sign, rest = int(part < 0), abs(int(part))
        limbs = [sign]
        while rest:
            limbs.append(rest & WORD)
            rest >>= 64
        for limb in limbs:
            key = _mixed((key ^ _mixed(np.array([limb], dtype=np.uint64) + STEP)) + STEP)
    return np.uint64(key[0])


def words(key: np.uint64 | WordArray, numbers: npt.ArrayLike) -> WordArray:
    """Words of a key, or of as many keys, by number."""
    return np.asarray(_mixed(np.asarray(key) + np.asarray(numbers, dtype=np.uint64) * STEP), dtype=np.uint64)


def uniforms(key: np.uint64 | WordArray, numbers: npt.ArrayLike) -> FloatArray:
    """Uniforms of a key, or of as many keys, by number, from 0 to below 1."""
    return np.asarray((words(key, numbers) >> BY_11).astype(np.float64) * UNIT)


def wholes(shares: npt.ArrayLike) -> IntArray:
    """Shares from 0 to 1 as whole numbers, to compare with those of ``whole``."""
    return np.asarray(np.rint(np.asarray(shares) * WHOLE)).astype(np.int64)
