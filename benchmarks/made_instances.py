"""Instances of any number of practice types, drawn around those of medicaid_statewide.

Each type begins as one of the nine of ``medicaid_statewide``, drawn in proportion to the children it has.
Its altruism, its effort scale and the size of each segment on its panel are multiplied by lognormal factors
with mean one; practices are counted so that every instance has as many contracted children as the original.
The spreads are assumptions: about those between the nine types themselves (altruism 0.28, effort 0.14 in
practices.csv).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from incentive_opt.domain.instance import Instance, Panel, Practice
from incentive_opt.files import read_instance

ALTRUISM_SPREAD = 0.25
EFFORT_SPREAD = 0.12
MIX_SPREAD = 0.15


def made(types: int, seed: int) -> Instance:
    """An instance with so many practice types [number]; the same for the same seed."""
    base = read_instance("medicaid_statewide")
    rng = np.random.default_rng([types, seed])
    children = {p.name: _children(base, p.name) for p in base.practices}
    weights = np.array([p.count * children[p.name] for p in base.practices])
    total = float(weights.sum())
    practices: list[Practice] = []
    panels: list[Panel] = []
    for number, chosen in enumerate(rng.choice(len(weights), size=types, p=weights / total), start=1):
        origin = base.practices[int(chosen)]
        name = f"{origin.name}_{number}"
        factors = _lognormal(rng, (ALTRUISM_SPREAD, EFFORT_SPREAD))
        practices.append(
            replace(
                origin,
                name=name,
                count=total / types / children[origin.name],
                altruism=origin.altruism * factors[0],
                effort_scale=origin.effort_scale * factors[1],
            )
        )
        for panel in base.panels:
            if panel.practice == origin.name:
                size = float(_lognormal(rng, (MIX_SPREAD,))[0])
                panels.append(
                    replace(
                        panel, practice=name, demanded=panel.demanded * size, minimum=panel.minimum * size
                    )
                )
    return replace(
        base,
        name=f"made_{types}_{seed}",
        title=f"{types} practice types drawn around medicaid_statewide, seed {seed}",
        practices=tuple(practices),
        panels=tuple(panels),
        observed=(),
    )


def _children(instance: Instance, practice: str) -> float:
    """Contracted children of one practice [children]."""
    contracted = {segment.name for segment in instance.segments if segment.contracted}
    return sum(p.demanded for p in instance.panels if p.practice == practice and p.segment in contracted)


def _lognormal(rng: np.random.Generator, spreads: tuple[float, ...]) -> np.ndarray:
    """Factors with mean 1 and these coefficients of variation."""
    scales = np.sqrt(np.log1p(np.square(spreads)))
    return np.asarray(np.exp(rng.normal(0.0, scales) - scales**2 / 2.0))
