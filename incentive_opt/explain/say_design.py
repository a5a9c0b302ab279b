"""What binds in a design, in words."""

from __future__ import annotations

import math
from typing import Any

NOTHING = 5e-4
"""A smaller change of health is none in words [QALY/year]."""
STAFF = {"clinician": "clinicians", "np": "nurse practitioners", "team": "the care team"}
MOST = 3
"""So many prices of a kind are said; all are in the tables."""
DOLLARS, HOURS = 1000.0, 10.0
"""Units in which income limits and staff time are said."""


def say_design(made: dict[str, Any]) -> list[str]:
    """The sentences that come first."""
    return [*_binding(made), *_first_best(made), *_held(made), *say_resolved(made)]


def round_sum(budget: float) -> float:
    """A round sum of about a hundredth of a budget: 1,000 USD of 515,000; a million of 300 million."""
    return 10.0 ** math.floor(math.log10(max(1.0, 0.01 * abs(budget))))


def usd(value: float) -> str:
    """Dollars; cents where they matter."""
    return f"{value:,.0f} USD" if abs(value) >= 100 else f"{value:,.2f} USD"


def _binding(made: dict[str, Any]) -> list[str]:
    said = []
    for state, words in (("binds", "What binds"), ("nearly", "Nearly bind")):
        found = [name_of(made, one) for one in made["binding"] if one["state"] == state]
        if found:
            said.append(f"{words}: {'; '.join(found)}.")
    return said or ["Nothing binds: every limit has room."]


def name_of(made: dict[str, Any], entry: dict[str, Any]) -> str:
    """A limit with what people call the practice type."""
    name = str(entry["limit"])
    of = str(entry["of"])
    if of in made["labels"] and name.endswith(of):
        return name.removesuffix(of) + str(made["labels"][of])
    return name


def _first_best(made: dict[str, Any]) -> list[str]:
    prices = made["first_best"]
    if not prices:
        return []
    budget, others = prices[0], prices[1:]
    amount = round_sum(made["design"]["budget_usd"])
    more, less = budget["of_next"], budget["of_last"]
    start = "In the first best, where practices would do what the payer chose,"
    if more is not None and abs(more) * amount < NOTHING:
        said = [f"{start} {usd(amount)} more a year would buy nothing: not all of the budget is used there."]
    else:
        said = [f"{start} {usd(amount)} more a year would buy {_qaly(more, amount)}."]
    if less is not None and more is not None and abs(less - more) > 0.05 * max(abs(less), abs(more)):
        said.append(f"{usd(amount)} less would cost {_qaly(less, amount)} there: this is a kink.")
    for price in others[:MOST]:
        said.append(_other(made, price))
    return said


def _other(made: dict[str, Any], price: dict[str, Any]) -> str:
    """A price other than the budget's, in words."""
    label = made["labels"].get(price["practice"].split("~")[0], price["practice"])
    better = price["of_last"] if price["limit"] == "floor" else price["of_next"]
    better = price["price"] if better is None else better
    if price["limit"] == "hours":
        staff = STAFF.get(price["role"], price["role"])
        return f"There, {HOURS:g} more hours a year of {staff} in every “{label}” would bring " + (
            f"{_qaly(better, HOURS)}."
        )
    way = "lower" if price["limit"] == "floor" else "higher"
    return (
        f"There, an income {price['limit']} of every “{label}” {way} by {usd(DOLLARS)} would bring "
        f"{_qaly(abs(better), DOLLARS)}."
    )


def number(value: float) -> str:
    """Four digits; of large numbers all before the point."""
    return f"{value:,.0f}" if abs(value) >= 1000.0 else f"{value:.4g}"


def _qaly(price: float | None, amount: float) -> str:
    return "an unknown amount" if price is None else f"{price * amount:,.3g} QALY a year"


def _held(made: dict[str, Any]) -> list[str]:
    held = made["held"]
    if held is None:
        return [
            "Today's ways of working cannot be kept by other prices with the incentive margin, so what they "
            "cost at least is not told."
            if made["design"]["is_status_quo"]
            else "What the design's ways of working cost at least was not found in time."
        ]
    saved = made["design"]["outlay_usd"] - held["outlay_usd"]
    least = "no prices would make it cheaper"
    if saved > 1.0:
        least = f"prices exist that make it {usd(saved)} a year cheaper"
    said = [
        "With practices working as this design intends, health stays as it is whatever the prices; "
        f"{least} for the payer."
    ]
    for price in held["prices"][:MOST]:
        said.append(_held_price(made, price))
    return said


def _held_price(made: dict[str, Any], price: dict[str, Any]) -> str:
    label = made["labels"].get(price["of"], price["of"])
    what = {
        "floor": f"Each dollar of income floor of every “{label}”",
        "ceiling": f"Each dollar of income ceiling of every “{label}”",
        "margin": "Each dollar of incentive margin",
        "lowest": f"Each dollar of the lowest {label} allowed",
        "highest": f"Each dollar of the highest {label} allowed",
    }[price["limit"]]
    up, down = price["of_next"], price["of_last"]
    ends = [end for end in (up, down) if end is not None]
    same = len(ends) == 2 and abs(ends[0] - ends[1]) <= 0.05 * max(abs(ends[0]), abs(ends[1]))
    if same or len(ends) < 2:
        value = ends[0] if ends else price["price"]
        verb = "costs" if value > 0 else "saves"
        return f"{what} {verb} the payer {usd(abs(value))} a year for the same care."
    assert up is not None
    assert down is not None
    return (
        f"{what}: one more changes what the payer spends for the same care by {_signed(up)} a year, one "
        f"less by {_signed(-down)} (a kink)."
    )


def _signed(value: float) -> str:
    value = value + 0.0 if abs(value) > 1e-9 else 0.0
    return ("+" if value > 0 else "−" if value < 0 else "") + usd(abs(value))


def say_resolved(made: dict[str, Any]) -> list[str]:
    """Changes that matter one by one; those that brought nothing together."""
    quiet = [entry for entry in made["resolved"] if entry["exact"] and abs(entry["change_qaly"]) < NOTHING]
    open_ones = [entry for entry in made["resolved"] if _left_open(entry)]
    if len(open_ones) < 2:
        open_ones = []
    said = [say_move(entry) for entry in made["resolved"] if entry not in (*quiet, *open_ones)]
    if open_ones:
        moves = "; ".join(f"{_move(one)} ({number(one['at_most_qaly'])})" for one in open_ones)
        said.append(
            "Searching again with another limit, no better design was found, though one is not ruled out (in "
            f"brackets how much more health it could have at most, QALY a year): {moves}."
        )
    if quiet:
        said.append(
            f"Searching again with another limit, health stays as it is with: {'; '.join(map(_move, quiet))}."
        )
    return said


def _left_open(entry: dict[str, Any]) -> bool:
    """Whether nothing better was found where something better may be."""
    change = entry["change_qaly"]
    known = change is not None and entry["at_most_qaly"] is not None
    return known and abs(change) < NOTHING and not entry["exact"]


def _move(entry: dict[str, Any]) -> str:
    """A changed limit in words."""
    if entry["limit"] == "budget":
        share = 100.0 * abs(entry["after"] / entry["before"] - 1.0) if entry["before"] else 0.0
        return f"{share:.3g} % {'more' if entry['way'] == 'looser' else 'less'} budget"
    return f"{entry['limit']} {entry['after']:.6g} in place of {entry['before']:.6g}"


def say_move(entry: dict[str, Any]) -> str:
    """What a changed limit does to the design, in a sentence."""
    change, most = entry["change_qaly"], entry["at_most_qaly"]
    start = f"Searching again with {_move(entry)}"
    if change is None:
        if "There is no" in entry["why"] or "no contract" in entry["why"]:
            return f"{start}: no design."
        return f"{start}: no design was found."
    if abs(change) < NOTHING:
        words = "health stays as it is" if entry["exact"] else "no better design was found"
    else:
        words = f"health {'rises' if change > 0 else 'falls'} by {number(abs(change))} QALY a year"
    if entry["exact"]:
        return f"{start}: {words}."
    if most is None:
        return f"{start}: {words}."
    return f"{start}: {words}; no design can have more than {_change(most)}."


def _change(value: float) -> str:
    if abs(value) < NOTHING:
        return "the present one"
    return f"{number(abs(value))} QALY {'more' if value > 0 else 'less'} than the present one"
