"""Which contract is promised: of what was found and what is in force, the best whose promises hold."""

from __future__ import annotations

from collections.abc import Callable

from incentive_opt import pricing
from incentive_opt.formulation.payer import Payer
from incentive_opt.solve.journal import Journal
from incentive_opt.solve.settle import Settled, is_status_quo, utility_tolerance

PATIENCE = 2.0
"""Time that the search for whole cents has at least, and once a stop was asked for at most [s]."""
UNMOVED = 1e-6
"""A price this near to the contract in force was left as it is [USD]."""
BETTER = 1e-9
"""A design whose health passes that of the contract in force by less than this share is not better."""


def choose(
    payer: Payer,
    result: pricing.Result,
    in_force: Settled,
    journal: Journal,
    settling: Callable[[Callable[[], bool] | None], tuple[Settled, list[str]]],
    stop: Callable[[], bool] | None,
    time_limit: float,
) -> tuple[Settled | None, list[str]]:
    """The best of what was found and of the contract in force, as far as their promises hold."""
    notes: list[str] = []
    found: Settled | None = None
    if result.levers is not None and not is_status_quo(payer, result.levers):
        found, lines = settling(patient(stop, lambda: journal.seconds, time_limit))
        for line in lines:
            journal.note(line)
        if found.faults:
            notes.append(
                "A design that was found did not survive the check of its promises and was put "
                f"aside: {'; '.join(found.faults)}."
            )
            found = None
    least = in_force.health + BETTER * max(1.0, abs(in_force.health))
    if found is not None and (in_force.faults or found.health >= least):
        return found, notes + _uneven(payer, found, stop is not None and stop())
    if in_force.faults:
        return None, notes
    notes.append(
        "Nothing better than the contract in force was found; how practices answer it is "
        f"observed, so no incentive margin is asked of it.{_firmness(payer, in_force)}"
    )
    return in_force, notes


def _firmness(payer: Payer, in_force: Settled) -> str:
    """Where today's contract itself would not keep the margin that is asked of a new one, and what to do."""
    asked = [payer.margin_of(number) for number in range(len(payer.practices))]
    kept = [
        one.largest_margin(most, utility_tolerance(figures.revenue.total))
        for one, most, figures in zip(in_force.assurances, asked, in_force.accounts, strict=True)
    ]
    short = [number for number, most in enumerate(asked) if kept[number] < most]
    if not short:
        return ""
    least = min(short, key=lambda number: kept[number] / asked[number])
    return (
        f" Of today's contract {len(short)} of {len(asked)} practice types (or kinds) would not keep it: "
        f"{payer.practices[least].name} only {kept[least]:,.2f} of {asked[least]:,.2f} USD. Where most "
        "prices stay as they are, so do such ties: a smaller --margin allows more contracts."
    )


def _uneven(payer: Payer, settled: Settled, stopped: bool) -> list[str]:
    """A note where prices that moved are not whole cents."""
    prices = payer.lever_values(settled.contract).tolist()
    uneven = [
        value
        for lever, value in zip(payer.levers, prices, strict=False)
        if value != round(value, 2) and abs(value - lever.status_quo) > UNMOVED
    ]
    if not uneven:
        return []
    count = "1 price is" if len(uneven) == 1 else f"{len(uneven)} prices are"
    why = (
        "the search for prices in whole cents was cut short by the stop"
        if stopped
        else "no prices in whole cents that keep every promise were found in time"
    )
    return [
        f"{count} not in whole cents: {why}, and rounding could tempt a practice away. "
        "contract.toml has all decimals."
    ]


def patient(
    stop: Callable[[], bool] | None, seconds: Callable[[], float], time_limit: float
) -> Callable[[], bool]:
    """Says True once the time is up, or some seconds after a stop was asked for: what is quick is done."""
    ends = max(time_limit, seconds() + PATIENCE)
    asked: list[float] = []

    def late() -> bool:
        if not asked and stop is not None and stop():
            asked.append(seconds())
        return seconds() >= ends or (bool(asked) and seconds() >= asked[0] + PATIENCE)

    late()
    return late
