"""Closing the loop: what is allowed for next, and designs that survive the simulator."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner

from incentive_opt.cli.main import main
from incentive_opt.domain.simulation import Spread
from incentive_opt.errors import NoDesign
from incentive_opt.files import read_instance
from incentive_opt.robust import Allowance, Attempt, Robust, loop, robust_solve
from incentive_opt.robust.following import FINER, most_kinds, next_allowance
from incentive_opt.simulate.figures import Quantity
from incentive_opt.solve import Design
from incentive_opt.validate import Validation
from incentive_opt.validate.causes import Cause


@dataclass(frozen=True)
class Lived:
    """What the loop reads of a simulation."""

    health_qaly: float = 1.0


@dataclass(frozen=True)
class Told:
    """What the loop reads of a validation."""

    steps: tuple[str, ...] = ()
    kept: dict[str, float | None] = field(default_factory=dict)
    ok: bool = False
    robust: bool = False
    verdict: str = "holds"
    lived: float = 1.0
    promised_qaly: float = 1.0

    @property
    def simulations(self) -> dict[str, Any]:
        """Simulated health."""
        return {"rational": Lived(self.lived)}

    @property
    def failures(self) -> list[tuple[Quantity, Cause]]:
        """Failures of health, one for each step."""
        return [(Quantity("health_qaly"), cast(Any, Cause)(step, "words")) for step in self.steps]


@dataclass(frozen=True)
class Found:
    """What the loop reads of a design."""

    health: float = 1.0


ALIKE = replace(
    read_instance("two_practices"),
    simulation=replace(read_instance("two_practices").simulation, spread=Spread()),
)
"""Practices of a type do not differ."""


def attempt(
    told: Told | None, deviations: float = 0.0, margin: float = 0.0, health: float = 1.0, kinds: int = 1
) -> Attempt:
    """An attempt with a validation; without one, no design was found."""
    design = None if told is None else cast(Design, Found(health))
    return Attempt(Allowance(deviations, margin, kinds), design, cast(Validation, told), "nothing was found.")


@pytest.mark.parametrize(
    ("before", "told", "after"),
    [
        ((0.0, 0.0), Told(("threshold",)), (2.5, 0.0)),
        ((2.5, 0.0), Told(("threshold",)), (3.0, 0.0)),
        ((0.0, 0.0), Told(("spread", "threshold", "indifference")), (0.0, 0.01)),
        ((2.5, 0.03), Told(("spread", "curve", "indifference")), (2.5, 0.09)),
        ((0.0, 0.03), Told((), {"rational": 1.0, "quantal": 0.5}, ok=True), (0.0, 0.09)),
        ((0.0, 0.5), Told(("spread",)), (0.0, 0.8)),
    ],
)
def test_what_is_allowed_for_next(
    before: tuple[float, float], told: Told, after: tuple[float, float]
) -> None:
    """Chance at thresholds asks to aim higher, nearness to indifference for a larger margin."""
    following = next_allowance([attempt(told, *before)], ALIKE)
    assert following is not None
    assert (following.deviations, following.altruism_margin) == pytest.approx(after)


@pytest.mark.parametrize("told", [Told(("capacity",)), Told(("replications",))])
def test_what_nothing_can_be_allowed_for(told: Told) -> None:
    """Against full months neither helps, so the loop ends."""
    assert next_allowance([attempt(told)], ALIKE) is None


def test_kinds_before_a_margin() -> None:
    """Where practices of a type differ they are told apart first, as in the simulator; then margins rise."""
    few = read_instance("two_practices")
    many = tuple(replace(practice, count=4.0) for practice in few.practices)
    instance = replace(few, practices=many)
    made = [attempt(Told(("spread",)), deviations=2.5)]
    assert next_allowance(made, few) == Allowance(2.5, 0.01), "five practices are not of eight kinds"
    following = next_allowance(made, instance)
    assert following == Allowance(2.5, 0.0, instance.simulation.spread.characters)
    none = attempt(None, 2.5, kinds=following.kinds)
    assert next_allowance([*made, none], instance) == Allowance(2.5, 0.01)
    made.append(attempt(Told(("indifference",)), 2.5, kinds=following.kinds))
    assert next_allowance(made, instance) == Allowance(2.5, 0.01, following.kinds)
    made.append(attempt(Told(("threshold",)), kinds=1))
    assert next_allowance(made, instance) == Allowance(2.5, 0.0, 1)


def test_finer_curves_where_smooth_ones_are_to_blame() -> None:
    """Once; if the same is to blame with finer curves, the margin rises."""
    made = [attempt(Told(("curve", "spread")), deviations=2.5)]
    following = next_allowance(made, ALIKE)
    assert following == Allowance(2.5, pieces=FINER)
    assert "3 straight pieces for each piece of an effect curve" in following.words()
    made.append(replace(made[0], allowance=following))
    assert next_allowance(made, ALIKE) == Allowance(2.5, 0.01, pieces=FINER)


@pytest.mark.parametrize(("counts", "kinds"), [((7.0, 1.0), 4), ((6.0, 1.0), 1)])
def test_a_rare_type_does_not_keep_others_together(counts: tuple[float, float], kinds: int) -> None:
    """Types are told into four kinds where they have four practices on average, one of them fewer."""
    few = read_instance("two_practices")
    practices = tuple(replace(one, count=count) for one, count in zip(few.practices, counts, strict=True))
    assert most_kinds(replace(few, practices=practices)) == kinds


def test_where_searches_with_kinds_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Near the latest design, whenever it was found; searches without kinds begin as was asked for."""
    first, second, third = (attempt(Told(("spread",)), health=health) for health in (1.0, 2.0, 3.0))
    plan = [first, second, attempt(None), third, attempt(None)]
    kinds = [1, 4, 4, 4, 1, 1]
    starts: list[Any] = []

    def search(*given: Any) -> Attempt:
        starts.append(given[-2]["start"])
        return plan[len(starts) - 1]

    monkeypatch.setattr(loop, "_attempt", search)
    monkeypatch.setattr(loop, "next_allowance", lambda made, _: Allowance(kinds=kinds[len(made)]))
    robust_solve(ALIKE, "quality_bonus", attempts=len(plan), start="mine")
    assert starts == ["mine", first.design, second.design, second.design, "mine"]


def test_half_the_way_back() -> None:
    """After a search that finds nothing the margin goes half the way back, and then no more."""
    made = [attempt(Told(("spread",)), margin=0.03), attempt(None, margin=0.09)]
    following = next_allowance(made, ALIKE)
    assert following is not None
    assert following.altruism_margin == pytest.approx(0.06)
    made[-1] = attempt(None, margin=0.035)
    assert next_allowance(made, ALIKE) is None


def test_the_best_attempt() -> None:
    """Robust and holding, robust, what is kept, then simulated health; none found is last."""
    robust = {"quantal": 0.91}
    order = [
        attempt(None),
        attempt(Told(("spread",), {"quantal": 0.6}), health=9.0),
        attempt(Told((), {"quantal": 0.7}, ok=True)),
        attempt(Told(("spread",), {"quantal": 0.8})),
        attempt(Told(("spread",), robust, robust=True, lived=3.0), health=9.0),
        attempt(Told(("spread",), {"quantal": 0.95}, robust=True, lived=4.0)),
        attempt(Told((), robust, ok=True, robust=True, lived=1.0)),
        attempt(Told((), robust, ok=True, robust=True, lived=2.0)),
    ]
    assert sorted(order, key=lambda one: one.rank) == order


def test_the_price_is_of_the_first_promise() -> None:
    """What robustness costs is health found without allowances less that of the best."""
    first, best = attempt(Told(("spread",)), health=12.3), attempt(Told((), {}, True, True), 2.5, 0.1, 11.7)
    found = Robust((first, best), best)
    assert found.price_qaly == pytest.approx(0.6)
    assert "0.60 QALY" in found.sentences()[-1]


def test_what_is_promised_of_a_real_year_is_told_beside_what_was_found() -> None:
    """Each search has both figures, and what became of them."""
    made = attempt(Told((), {}, True, True, lived=11.5, promised_qaly=11.6), health=11.7)
    told = Robust((made,), made).sentences()[0]
    assert "finds 11.70 QALY a year, promises 11.60 of a real year, simulated 11.50: holds" in told


def test_two_practices_end_to_end(tmp_path: Path) -> None:
    """The loop ends with a design that holds, is robust, verifies, and says how it came about."""
    run = tmp_path / "run"
    words = ["two_practices", "--model", "quality_bonus", "--robust", "--gap", "0.1%", "--out", str(run)]
    done = CliRunner().invoke(main, ["solve", *words])
    assert done.exit_code == 0, done.output
    assert "Robustness costs" in done.output
    story = json.loads((run / "design.json").read_text(encoding="utf-8"))["robustness"]
    found = json.loads((run / "validation.json").read_text(encoding="utf-8"))
    assert (story["holds"], story["robust"], found["ok"], found["robust"]) == (True, True, True, True)
    assert story["attempts"][0]["holds"] is False, "the design that allows for nothing fails"
    assert story["price_qaly"] > 0.0
    assert CliRunner().invoke(main, ["verify", str(run)]).exit_code == 0


def test_one_attempt_that_fails(tmp_path: Path) -> None:
    """With a single attempt the design that fails is written, with exit code 5 and the reason."""
    words = ["two_practices", "--model", "quality_bonus", "--robust", "--attempts", "1"]
    done = CliRunner().invoke(main, ["solve", *words, "--out", str(tmp_path / "run")])
    assert done.exit_code == 5, done.output
    assert "None of them both holds" in done.output
    assert (tmp_path / "run" / "validation.json").is_file()


def test_options_that_contradict(tmp_path: Path) -> None:
    """The loop chooses the allowances itself."""
    words = ["two_practices", "--robust", "--aim-above", "2", "--out", str(tmp_path / "run")]
    assert CliRunner().invoke(main, ["solve", *words]).exit_code == 2


def test_no_design_at_all() -> None:
    """Where even the first search finds none, that is what is said."""
    with pytest.raises(NoDesign):
        robust_solve("two_practices", "quality_bonus", budget=1.0, time_limit=10.0)
