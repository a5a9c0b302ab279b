"""Designs made by hand, validated in full."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import incentive_opt
from incentive_opt.errors import InputError
from incentive_opt.files import write_atomically
from incentive_opt.simulate import simulate
from incentive_opt.validate import Validation, simulations, validate, validation
from incentive_opt.validate.causes import STEPS
from incentive_opt.validate.source import source_of
from tests.validate.towns import (
    honest_design,
    lucky_design,
    overtime_design,
    quiet_design,
    rewrite,
    short_of_time,
)

YEARS = 6


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Validation]:
    """A design that holds, validated."""
    run = honest_design(tmp_path_factory.mktemp("honest"))
    return run, validate(run, replications=YEARS)


@pytest.fixture(scope="module")
def lucky(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Validation]:
    """A design that fails by chance, validated."""
    run = lucky_design(tmp_path_factory.mktemp("lucky"))
    return run, validate(run, replications=YEARS)


def numbers(part: Any) -> list[float]:
    """All numbers in a document."""
    if isinstance(part, dict):
        return [number for value in part.values() for number in numbers(value)]
    if isinstance(part, list):
        return [number for value in part for number in numbers(value)]
    return [part] if isinstance(part, float) else []


def test_an_honest_design_holds(honest: tuple[Path, Validation]) -> None:
    """Large practices and ample bonuses: everything that decides comes out as promised."""
    _, found = honest
    assert (found.ok, found.verdict) == (True, "holds")
    assert not [quantity for quantity, _ in found.failures if quantity.kind in ("health_qaly", "tier_paid")]
    assert found.document["sentences"][0].startswith("The design holds")
    assert found.kept["rational"] == pytest.approx(1.0, abs=0.1)


def test_a_tier_within_reach_of_chance_fails(lucky: tuple[Path, Validation]) -> None:
    """60 children and a threshold of 61 %: the design takes for sure what is a matter of luck."""
    _, found = lucky
    assert (found.ok, found.verdict, found.robust) == (False, "fails", False)
    deciding = [(quantity, cause) for quantity, cause in found.failures if quantity.kind == "health_qaly"]
    assert [cause.step for _, cause in deciding] == ["threshold"]
    assert found.document["sentences"][0].startswith("The design fails")


def test_short_staff_time_is_named(tmp_path: Path) -> None:
    """Urgent asthma that comes in winter, and staff for the mean month: some of it leaks."""
    found = validate(short_of_time(tmp_path), replications=YEARS, behaviours=["rational"])
    assert found.verdict == "fails"
    by_kind = {quantity.kind: cause.step for quantity, cause in found.failures if not quantity.practice}
    assert by_kind["health_qaly"] == "capacity"


def test_slow_practices_keep_what_they_moved(honest: tuple[Path, Validation]) -> None:
    """Inertial practices go half of the way in each of three years: they keep seven eighths of the gain."""
    _, found = honest
    rational = found.outcomes["rational"].gain.simulated
    # rates between the thresholds miss tiers but not health, which is straight in long visits here
    assert found.outcomes["inertial"].gain.simulated == pytest.approx(0.875 * rational, rel=0.03)
    share = found.kept["inertial"]
    assert share is not None
    assert found.outcomes["inertial"].gain.keeps == (share >= 0.9)
    assert not found.robust or share >= 0.9


def test_the_document_is_complete(honest: tuple[Path, Validation]) -> None:
    """validation.json says what was validated, how, and what came out; and has no NaN."""
    run, found = honest
    written = json.loads((run / "validation.json").read_text(encoding="utf-8"))
    assert written == found.document
    design = json.loads((run / "design.json").read_text(encoding="utf-8"))
    assert written["instance"]["sha256"] == design["instance"]["sha256"]
    assert written["model"]["sha256"] == design["model"]["sha256"]
    assert (written["seed"], written["replications"]) == (0, YEARS)
    assert [one["behaviour"] for one in written["behaviours"]] == list(found.outcomes)
    assert written["behaviour_terms"]["inertial_move_per_year"] == 0.5
    assert "version" in written
    assert all(math.isfinite(number) for number in numbers(written))
    keys = {"promised", "mean", "low", "high", "error", "relative_error", "tolerance", "ok", "covers"}
    assert all(keys <= set(row) for one in written["behaviours"] for row in one["quantities"])


@pytest.mark.parametrize("name", ["honest", "lucky"])
def test_every_waterfall_adds_up(name: str, request: pytest.FixtureRequest) -> None:
    """Promise plus changes is the simulated mean, for every promised quantity."""
    _, found = request.getfixturevalue(name)
    rows = found.document["waterfall"]["quantities"]
    means = {tuple(row[k] for k in ("kind", "practice", "of", "tier")): row["mean"]
             for row in found.document["behaviours"][0]["quantities"]}  # fmt: skip
    assert len(rows) == len(means)
    for row in rows:
        assert list(row["changes"]) == list(STEPS)
        total = row["searched"] + math.fsum(row["changes"].values())
        assert total == pytest.approx(row["simulated"], rel=1e-9, abs=1e-9), row
        key = tuple(row[k] for k in ("kind", "practice", "of", "tier"))
        assert row["simulated"] == pytest.approx(means[key], rel=1e-12), row


def test_in_the_optimisers_model_practices_do_what_is_intended(honest: tuple[Path, Validation]) -> None:
    """The simulator's own practices, without chance and curves, agree with the design to the cent."""
    _, found = honest
    for row in found.document["waterfall"]["quantities"]:
        assert row["changes"]["files"] == pytest.approx(0.0, abs=1e-6 * max(1.0, abs(row["searched"]))), row
        size = max(1.0, abs(row["searched"]))
        assert row["changes"]["indifference"] == pytest.approx(0.0, abs=1e-4 * size), row


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda design: design["objective"].update(health_qaly=41.0), "health_qaly"),
        (lambda design: design["practices"][0].update(net_income_usd=190_000.0), "net_income_usd"),
        (lambda design: design["budget"].update(outlay_usd=1_500_000.0), "outlay_usd"),
    ],
)
def test_a_promise_that_was_tampered_with_fails(change: Any, kind: str, tmp_path: Path) -> None:
    """The simulation shows it, and the intended responses give it away."""
    run = rewrite(honest_design(tmp_path), change)
    found = validate(run, replications=YEARS, behaviours=["rational"])
    assert found.verdict == "fails"
    wrong = [(quantity.kind, cause.step) for quantity, cause in found.failures if quantity.kind == kind]
    assert wrong == [(kind, "files")]


def test_the_contract_in_force_promises_no_gain(tmp_path: Path) -> None:
    """Nothing is divided by nothing, and nothing is simulated for the sake of comparison with itself."""
    found = validate(quiet_design(tmp_path), replications=3)
    assert found.document["is_status_quo"]
    assert found.kept == dict.fromkeys(found.kept)
    assert found.robust
    assert all(one.gain.simulated == 0.0 for one in found.outcomes.values())
    assert "it promises no gain" in " ".join(found.document["sentences"])


def test_nothing_is_simulated_twice(honest: tuple[Path, Validation], monkeypatch: pytest.MonkeyPatch) -> None:
    """Four behaviours under the design, and under the contract in force only those that differ there."""
    calls: list[int] = []
    plain = simulations.years

    def counted(prepared: Any, number: int, *rest: Any) -> Any:
        calls.append(number)
        return plain(prepared, number, *rest)

    monkeypatch.setattr(simulations, "years", counted)
    validate(honest[0], replications=2)
    assert calls == [2] * 6
    calls.clear()
    validate(honest[0], replications=2, behaviours=["satisficing"])
    assert calls == [2] * 3  # rational and satisficing, and the contract in force


def test_simulations_are_those_of_simulate(honest: tuple[Path, Validation]) -> None:
    """The same seed gives the same years as the simulator by itself, whatever the behaviour."""
    run, found = honest
    source = source_of(run)
    for behaviour in ("rational", "inertial"):
        alone = simulate(source.instance, source.contract, behaviour, replications=2)
        assert np.array_equal(alone.samples, found.simulations[behaviour].samples[:2], equal_nan=True)


def test_precision_decides_how_many_years(tmp_path: Path) -> None:
    """With a loose precision the fewest years that may stop; the contract in force has as many."""
    found = validate(quiet_design(tmp_path), precision=0.9, behaviours=["rational"])
    assert found.document["replications"] == 5
    assert found.document["precision"] == 0.9


def test_the_contract_in_force_has_as_many_years(tmp_path: Path) -> None:
    """Years are paired, so what ended one simulation early, or late, ends the other."""
    source = source_of(quiet_design(tmp_path))
    work = simulations.Simulations(source.instance, simulations.Asked(precision=0.9))
    fewer = simulate(source.instance, replications=3)
    work.done[False, "rational"] = fewer
    assert work.simulated(source.instance.status_quo, "rational").replications == 3


def test_planned_overtime_is_not_taken_for_short_time(tmp_path: Path) -> None:
    """Practices that plan paid overtime have its cost in a year with ample time, too."""
    found = validate(overtime_design(tmp_path), replications=3, behaviours=["rational"])
    falls = found.waterfall.falls
    planned = 12_500.0  # every other of 1,000 visits takes a quarter of an hour more, at 100 USD an hour
    promised = 80_000.0 + 40_000.0 - 40_000.0 - planned  # fees and bonuses, less fixed cost and overtime
    assert falls["net_income_usd", "busy", "", 0].searched == pytest.approx(promised)
    for name in ("busy", "caring"):
        assert abs(falls["net_income_usd", name, "", 0].changes["capacity"]) < 0.2 * planned


def test_a_design_in_memory_writes_nothing(honest: tuple[Path, Validation], tmp_path: Path) -> None:
    """The same figures as from the folder, by the name at the top of the package."""
    source = source_of(honest[0])
    design = SimpleNamespace(
        document=dict(source.document),
        contract=source.contract,
        instance=source.instance,
        intended=tuple(source.intended.values()),
    )
    before = (honest[0] / "validation.json").read_bytes()
    found = incentive_opt.validate(design, replications=YEARS)
    assert found.document == honest[1].document
    assert (honest[0] / "validation.json").read_bytes() == before


def test_a_failure_while_writing_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older validation.json stays as it was where the new one cannot be finished."""
    run = quiet_design(tmp_path)
    (run / "validation.json").write_text("old", encoding="utf-8")
    names = sorted(path.name for path in run.iterdir())

    def full(path: Path, content: str) -> None:
        monkeypatch.setattr("os.replace", _no_room)
        write_atomically(path, content)

    monkeypatch.setattr(validation, "write_atomically", full)
    with pytest.raises(OSError, match="no room"):
        validate(run, replications=1, behaviours=["rational"])
    assert (run / "validation.json").read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in run.iterdir()) == names


def _no_room(*_: Any) -> None:
    raise OSError("no room")


def test_progress_comes_to_its_end(tmp_path: Path) -> None:
    """Years done never fall, and end at the total."""
    told: list[simulations.Progress] = []
    validate(quiet_design(tmp_path), replications=2, behaviours=["rational"], report=told.append)
    done = [one.done for one in told]
    assert done == sorted(done)
    assert {one.total for one in told} == {4}  # two years, and two with ample staff time
    assert done[-1] == 4


def test_all_arguments_that_make_no_sense_are_told(honest: tuple[Path, Validation]) -> None:
    """One error with every problem."""
    with pytest.raises(InputError) as caught:
        validate(honest[0], replications=0, precision=2.0, seed=-1, behaviours=["bold"], threads=0)
    assert len(caught.value.problems) == 5
