"""What people are shown of an explanation: sentences first, then tables."""

from __future__ import annotations

from typing import Any

from incentive_opt.cli.output import Figure

Rows = list[list[object]]

ALONE = ["limit", "now", "would do", "would not do", "unit", "what is known"]
BLOCKS = [
    "practice type", "how many", "net income today [USD]", "floor [USD]", "ceiling [USD]",
    "in the cheapest contract [USD]", "at", "limits cost at least [USD/year]",
]  # fmt: skip
BINDING = ["limit", "is", "limit at", "left", "unit", ""]
PRICES = ["one more of", "is worth", "the last was worth", "shadow price", "unit", "agree to 5 %"]
RESOLVED = ["limit", "from", "to", "unit", "health", "found [QALY/year]", "at most [QALY/year]"]
KNOWN = {
    "exact": "the least change",
    "found": "does; perhaps not the least",
    "no help": "does not help alone",
    "not known": "not known",
}
FIRST_BEST = "In the first best: what the payer could reach if practices did what it chose"
HELD = "With practices working as this design intends: what the payer spends for it"
AGAIN = "Searching again with one limit changed: health against the design"
STATES = {"binds": "binds", "nearly": "nearly binds", "free": ""}
LARGE = 1000.0


def show(document: dict[str, Any]) -> None:
    """Print the document: sentences, then tables."""
    import click

    from incentive_opt.cli.output import clean

    click.echo(clean(_title(document)) + "\n")
    for sentence in document["says"]:
        click.echo(clean(sentence))
    if not document["complete"]:
        click.echo("Time was over, or you stopped it, before everything was looked at: see --time-limit.")
    click.echo()
    if document["of"] == "instance":
        _show_instance(document)
    else:
        _show_design(document)


def _title(document: dict[str, Any]) -> str:
    name, model = document["instance"]["name"], document["model"]["name"]
    if document["of"] == "instance":
        return f"{name} under {model}: is there a design, and what would admit one?"
    return f"{name} under {model}: what binds in the design, and what is it worth to move a limit?"


def _show_instance(document: dict[str, Any]) -> None:
    from incentive_opt.cli.output import print_table

    print_table("Each limit alone, the others as they are", ALONE, alone_rows(document))
    print_table("Who stands in the way of a smaller budget", BLOCKS, block_rows(document))


def alone_rows(document: dict[str, Any]) -> Rows:
    """A row a limit."""
    return [
        [
            change["limit"],
            _figure(change["now"]),
            _figure(change["would_do"]),
            _figure(change["beyond"]),
            change["unit"],
            KNOWN[change["outcome"]],
        ]
        for change in document["alone"]
    ]


def block_rows(document: dict[str, Any]) -> Rows:
    """A row a practice type."""
    return [
        [
            document["labels"].get(one["practice"], one["practice"]),
            Figure(one["count"], 0),
            *(Figure(one[key], 0) for key in ("income_today_usd", "floor_usd", "ceiling_usd", "income_usd")),
            one["at"],
            "no payment can do" if one["makes_it_impossible"] else Figure(one["limits_cost_usd"], 0),
        ]
        for one in document["blocks"]
    ]


def _show_design(document: dict[str, Any]) -> None:
    from incentive_opt.cli.output import print_table

    print_table("Limits of the design", BINDING, binding_rows(document))
    print_table(FIRST_BEST, PRICES, first_best_rows(document))
    if document["held"] is not None and document["held"]["prices"]:
        print_table(HELD, PRICES, held_rows(document))
    if document["resolved"]:
        print_table(AGAIN, RESOLVED, resolved_rows(document))


def binding_rows(document: dict[str, Any]) -> Rows:
    """A row a limit."""
    from incentive_opt.explain.say_design import name_of

    return [
        [
            name_of(document, one),
            _figure(one["is"]),
            _figure(one["limit_value"]),
            _figure(one["left"]),
            one["unit"],
            STATES[one["state"]],
        ]
        for one in document["binding"]
    ]


def first_best_rows(document: dict[str, Any]) -> Rows:
    """A row a price, largest stake first, in units that can be read."""
    from incentive_opt.explain.say_design import DOLLARS, HOURS, round_sum

    rows: Rows = []
    for price in document["first_best"]:
        label = document["labels"].get(price["practice"].split("~")[0], price["practice"])
        what, factor = {
            "budget": ("budget", round_sum(document["design"]["budget_usd"])),
            "floor": (f"income floor of each {label}", DOLLARS),
            "ceiling": (f"income ceiling of each {label}", DOLLARS),
            "hours": (f"{price['role']} time in each {label}", HOURS),
        }[price["limit"]]
        unit = f"QALY a year for {factor:,.0f} {'hours' if price['limit'] == 'hours' else 'USD'} a year"
        rows.append([what, *_sides(price, factor, 4), unit, "yes" if price["agrees"] else "NO"])
    return rows


def held_rows(document: dict[str, Any]) -> Rows:
    """A row a price."""
    words = {
        "floor": "income floor of each {}",
        "ceiling": "income ceiling of each {}",
        "margin": "incentive margin",
        "lowest": "lowest {} allowed",
        "highest": "highest {} allowed",
    }
    rows: Rows = []
    for price in document["held"]["prices"]:
        label = document["labels"].get(price["of"], price["of"])
        agrees = "yes" if price["agrees"] else "NO"
        rows.append([words[price["limit"]].format(label), *_sides(price, 1.0, 2), price["unit"], agrees])
    return rows


def _sides(price: dict[str, Any], factor: float, decimals: int) -> list[object]:
    values = [price[key] for key in ("of_next", "of_last", "price")]
    return [Figure(None if value is None else value * factor, decimals) for value in values]


def resolved_rows(document: dict[str, Any]) -> Rows:
    """A row a search."""
    rows: Rows = []
    for one in document["resolved"]:
        change = one["change_qaly"]
        words = _health(one)
        rows.append(
            [
                one["limit"],
                _figure(one["before"]),
                _figure(one["after"]),
                one["unit"],
                words,
                Figure(change, 4),
                Figure(one["at_most_qaly"], 4),
            ]
        )
    return rows


def _health(one: dict[str, Any]) -> str:
    """What became of health, in two words."""
    change = one["change_qaly"]
    if change is None:
        return "no design"
    if change == 0.0:
        return "as it is" if one["exact"] else "none better found"
    return "rises" if change > 0.0 else "falls"


def _figure(value: float | None) -> Figure:
    """Large numbers without decimals, small ones with four."""
    if value is None:
        return Figure(None)
    return Figure(value, 0 if abs(value) >= LARGE else 2 if abs(value) >= 10.0 else 4)
