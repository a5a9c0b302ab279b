"""Other lines of payment drawn at random, for tests that draw contracts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.lines import LINE_KINDS, Benchmarks
from incentive_opt.domain.payable import contracted_needs, of_words

HIGHEST = {
    "outcome": 60.0,
    "improvement": 60.0,
    "episode": 40.0,
    "shared_savings": 0.8,
    "rvu_rate": 30.0,
    "salary": 100_000.0,
}


def drawn_benchmarks(instance: Instance, draw: np.random.Generator) -> Benchmarks:
    """Benchmarks of care up to every event, and of cost up to 300 dollars."""
    return Benchmarks(
        care={
            (need.name, need.segment): float(draw.uniform(0.0, need.events_per_child_year))
            for need in contracted_needs(instance)
        },
        cost={s.name: float(draw.uniform(0.0, 300.0)) for s in instance.segments if s.contracted},
    )


def with_lines(instance: Instance, contract: Contract, draw: np.random.Generator) -> Contract:
    """The contract with every kind of other line, each of its lines there or not."""
    lines = {
        (kind, of): float(draw.uniform(0.0, HIGHEST[kind]))
        for kind in LINE_KINDS
        for of in of_words(instance, kind)
        if draw.random() < 0.6
    }
    return replace(contract, lines=lines, benchmarks=drawn_benchmarks(instance, draw))
