"""A way of working that is best by a hair, which the solver does not find again within that hair."""

from __future__ import annotations

from typing import Any

import pytest

import incentive_opt as io
from incentive_opt.certify import incentive_checks
from incentive_opt.certify.best_response import NoResponse
from incentive_opt.formulation import assurance
from incentive_opt.formulation.build import build


@pytest.mark.parametrize("tries", [0, 2])
def test_least_health_is_found_a_little_further_off(monkeypatch: pytest.MonkeyPatch, tries: int) -> None:
    """HiGHS once called such a problem infeasible, with savings in pieces: no design is lost for that."""
    instance = io.read_instance("two_practices")
    _, payer = build(instance, io.read_model("quality_bonus", instance))
    failures = {"formulation": tries, "certificate": tries}

    def failing(whose: str, real: Any, error: type[Exception]) -> Any:
        def maximise(*given: Any) -> Any:
            if isinstance(given[-1], tuple) and failures[whose] > 0:
                failures[whose] -= 1
                raise error("infeasible")
            return real(*given)

        return maximise

    one = payer.status_quo[0]
    standing = assurance.Standing(one.utility, one.health, one.outlay)
    unit = payer.health_units[0]
    clock = assurance.Stopwatch()
    own = assurance.Assurance(payer.practices[0], instance.status_quo, standing, unit, one, clock)
    expected = own.pessimistic_health(0.0)
    monkeypatch.setattr(assurance, "maximise", failing("formulation", assurance.maximise, RuntimeError))
    monkeypatch.setattr(
        incentive_checks, "maximise", failing("certificate", incentive_checks.maximise, NoResponse)
    )
    assert own.pessimistic_health(0.0) == pytest.approx(expected, rel=1e-5)
    practice = instance.practices[0]
    found = incentive_checks.pessimistic_health(instance, practice, instance.status_quo, 0.0)
    assert found == pytest.approx(expected, rel=1e-5)
    assert failures == {"formulation": 0, "certificate": 0}
