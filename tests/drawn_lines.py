"""Other lines of payment drawn at random, for tests that draw contracts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.lines import LINE_KINDS, Benchmarks
from incentive_opt.domain.payable import contracted_needs, of_words
from incentive_opt.domain.sharing import PLAIN, Sharing

HIGHEST = {
    "outcome": 60.0,
    "improvement": 60.0,
    "episode": 40.0,
    "shared_savings": 0.8,
    "rvu_rate": 30.0,
    "salary": 100_000.0,
    "withhold": 0.15,
    "pool_share": 40.0,
}


def drawn_benchmarks(instance: Instance, draw: np.random.Generator) -> Benchmarks:
    """Benchmarks of care up to every event, and of cost up to 300 dollars."""
    return Benchmarks(
        care={
            (need.name, need.segment): float(draw.uniform(0.0, need.events_per_child_year))
            for need in contracted_needs(instance)
        },
        cost={s.name: float(draw.uniform(0.0, 300.0)) for s in instance.segments if s.contracted},
        sharing=drawn_sharing(draw),
        counts_elsewhere=bool(draw.random() < 0.5),
    )


def drawn_sharing(draw: np.random.Generator) -> Sharing:
    """Plain sharing in half of the draws; else any minimum, limits and gate."""
    if draw.random() < 0.5:
        return PLAIN
    some = lambda most: float(draw.uniform(0.0, most)) if draw.random() < 0.7 else None  # noqa: E731
    return Sharing(some(0.2) or 0.0, some(0.5), some(0.3), bool(draw.random() < 0.5))


def with_partners(instance: Instance, draw: np.random.Generator) -> Instance:
    """The instance where others close some of what its practices leave open."""
    measures = (replace(one, closed_elsewhere=float(draw.uniform(0.0, 0.5))) for one in instance.measures)
    return replace(instance, measures=tuple(measures))


def with_lines(instance: Instance, contract: Contract, draw: np.random.Generator) -> Contract:
    """The contract with every kind of other line, each of its lines there or not."""
    lines = {
        (kind, of): float(draw.uniform(0.0, HIGHEST[kind]))
        for kind in LINE_KINDS
        for of in of_words(instance, kind)
        if draw.random() < 0.6
    }
    return replace(contract, lines=lines, benchmarks=drawn_benchmarks(instance, draw))
