"""What is shortened and what is not run of the pages' blocks: each with its reason, none silently.

The tables are printed after the tests that type the pages (`conftest.py`), and a test fails on an entry that
fits no block any more.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.docs.blocks import Block


@dataclass(frozen=True)
class Shorter:
    """A command that is typed with less to do."""

    page: str
    old: str
    new: str
    reason: str


@dataclass(frozen=True)
class NotRun:
    """Blocks that are not run; those of a page whose first line begins so (all, where it is empty)."""

    page: str
    begins: str
    reason: str


@dataclass(frozen=True)
class Saved:
    """A block that the page tells its reader to save as a file."""

    page: str
    begins: str
    file: str


MINUTES = "a search of minutes: with a time limit, the same command"
EITHER = "the verdict of so short a search may be either: exit code 0 or 5"
QUICK_VALIDATION = "--replications 2 --behaviour rational || test $? -eq 5"

COLLECTED = "the tests would run themselves: they are only collected"
COLLECT = "--collect-only --quiet --numprocesses=0 tests/docs"
ALL_PAIRS = "more than half an hour; tests/batch types the same with two models on one instance"
YEARS = "ten years of a million children"

SHORTENED = (
    Shorter("README.md", "cli.py demo  ", "cli.py demo --time-limit 10  ", MINUTES),
    Shorter("README.md", "cli.py test  ", f"cli.py test {COLLECT}  ", COLLECTED),
    Shorter("README.md", "blended --out my_design", "blended --time-limit 10 --out my_design", MINUTES),
    Shorter("README.md", "--kinds 12 --pieces 3 --time-limit 420",
            "--kinds 2 --pieces 2 --time-limit 12", MINUTES),
    Shorter("README.md", "validate my_design  ", f"validate my_design {QUICK_VALIDATION}  ", EITHER),
    Shorter("README.md", "--models fee_for_service,blended",
            "--models fee_for_service,blended --time-limit 5", MINUTES),
    Shorter("README.md", "simulate medicaid_statewide --contract my_design",
            "simulate medicaid_statewide --contract my_design --replications 2", YEARS),
    Shorter("README.md", "evaluate medicaid_statewide --contract my_design",
            "evaluate medicaid_statewide --contract my_design --replications 2", YEARS),
    Shorter("README.md", "time_limit=60", "time_limit=5", MINUTES),
    Shorter("CONTRIBUTING.md", "cli.py test  ", f"cli.py test {COLLECT}  ", COLLECTED),
    Shorter("CONTRIBUTING.md", "cli.py test -m slow", f"cli.py test -m slow {COLLECT}", COLLECTED),
    Shorter("CONTRIBUTING.md", "\n.ci/run", "\nbash -n .ci/run", "it runs this very test"),
)  # fmt: skip

NOT_RUN = (
    NotRun("docs/mathematics.md", "", "formulas"),
    NotRun("docs/contract_rules.md", "", "formulas"),
    NotRun("CONTRIBUTING.md", "incentive-opt batch --study docs/ways_of_paying.toml", ALL_PAIRS),
    NotRun("docs/ways_of_paying.md", "incentive-opt batch --study docs/ways_of_paying.toml", ALL_PAIRS),
    NotRun("CONTRIBUTING.md", "pins=", "renews the pins: needs the package index, and changes them"),
    NotRun("docs/outside_simulators.md", "incentive-opt simulate two_practices --contract",
           "crude.py is saved further down the page, where the command is run"),
    NotRun("docs/how_to/complete_words.md", "eval \"$(_INCENTIVE_OPT_COMPLETE=zsh",
           "Zsh may not be there; tests/cli/test_completion.py reads the script that click makes for it"),
    NotRun("docs/how_to/complete_words.md", "_INCENTIVE_OPT_COMPLETE=fish",
           "Fish may not be there; tests/cli/test_completion.py reads the script that click makes for it"),
)  # fmt: skip

SAVED = (Saved("docs/outside_simulators.md", '"""A crude simulator', "crude.py"),)


def why_not(block: Block) -> str:
    """Why a block is not run; empty where it is."""
    fitting = (one for one in NOT_RUN if one.page == block.page and block.first.startswith(one.begins))
    return next((one.reason for one in fitting), "")


def saved_as(block: Block) -> str:
    """The file that a block is to be saved as; empty where it is to be run."""
    fitting = (one for one in SAVED if one.page == block.page and block.first.startswith(one.begins))
    return next((one.file for one in fitting), "")


def shortened(block: Block) -> str:
    """The text of a block as it is typed in the tests."""
    text = "\n" + block.text
    for one in SHORTENED:
        if one.page == block.page:
            text = text.replace(one.old, one.new)
    return text[1:]


def told() -> list[str]:
    """The tables, a line an entry."""
    lines = [
        f"shortened  {one.page}: {one.old.strip()!r} -> {one.new.strip()!r}: {one.reason}"
        for one in SHORTENED
    ]
    lines += [f"not run    {one.page}: {one.begins or 'every block'!r}: {one.reason}" for one in NOT_RUN]
    return lines
