"""Changes that print as nothing: no bar, no sign, whatever rounding has left of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from incentive_opt.evaluate import summary
from incentive_opt.report.parts import Figure
from incentive_opt.report.pictures import paired
from incentive_opt.report.plots import DESIGN, THIRD
from incentive_opt.report.sections import people, sensitivity
from incentive_opt.report.wording import in_brackets, percent
from incentive_opt.signs import signed, unsigned

NOISE = -7.3e-12
INCOMES = {"even": 250_000.0 * (1.0 + NOISE), "less": 250_000.0 * 0.93}


def figure(monkeypatch: pytest.MonkeyPatch, *names: str) -> Any:
    """The picture of incomes where each type had 250,000 USD."""
    monkeypatch.setattr(people, "_pair", lambda _, one: (250_000.0, INCOMES[one.name]))
    facts: Any = SimpleNamespace(
        types=[SimpleNamespace(name=name) for name in names], label=lambda kind, name: name
    )
    return people._income_figure(facts)


def test_noise_is_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """A design that leaves incomes as they are has a picture without bars, and no sign in its words."""
    found = figure(monkeypatch, "even")
    assert found.description == "Bars: even 0.0 %."
    drawn = found.draw()
    assert DESIGN not in drawn
    assert THIRD not in drawn


def test_a_fall_is_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """One bar, of the type that loses."""
    found = figure(monkeypatch, "even", "less")
    assert found.description == "Bars: even 0.0 %; less -7.0 %."
    drawn = found.draw()
    assert THIRD in drawn
    assert DESIGN not in drawn


def test_a_gain_that_no_parameter_moves_has_no_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tornado of a design that is today's contract."""
    end = {"possible": True, "gain_qaly": NOISE, "value": 1.0}
    row = {"label": "Need", "low": end, "high": end | {"gain_qaly": -NOISE}, "swing_qaly": 0.0}
    document = {"base": {"design": {"gain_qaly": 0.0}}, "tornado": [row]}
    (found,) = sensitivity._figure(document)
    assert isinstance(found, Figure)
    assert "-0" not in found.description
    drawn: list[Any] = []
    monkeypatch.setattr("incentive_opt.report.tornado.tornado", lambda *given: drawn.append(given))
    found.draw()
    ((swings, base),) = drawn
    assert [(one.low, one.high) for one in swings] == [(0.0, 0.0)]
    assert base == 0.0


@pytest.mark.parametrize("value", [NOISE, -0.0, 0.0, -NOISE])
def test_what_rounds_to_nothing_has_no_sign(value: float) -> None:
    """On the page and in the terminal."""
    assert percent(value, signed=True) == percent(value) == "0.0 %"
    assert in_brackets(value, 5.0) == " (0.0 %)"
    assert (unsigned(value, 2), signed(value, 2), signed(value)) == ("0.00", "0.00", "0.0")
    assert "from 0.0 % to 0.0 %" in paired("x", "X", ["one"], [(value, value)], 1, " %").description
    assert summary._share(value, 3.0) == " (0.0 %)"
    assert summary._signed_health(value) == "0.00"


def test_changes_keep_their_signs() -> None:
    """Rises and falls that print as something."""
    assert (percent(0.0512, signed=True), percent(-0.0512, signed=True)) == ("+5.1 %", "-5.1 %")
    assert (signed(1234.5, 2), signed(-0.006, 2)) == ("+1,234.50", "-0.01")
    assert (summary._share(-1.0, 20.0), summary._signed_health(2.0)) == (" (-5.0 %)", "+2.00")
