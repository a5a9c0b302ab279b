"""``incentive-opt``: the entry point and the table of its commands."""

from __future__ import annotations

import click

from incentive_opt import __version__
from incentive_opt.cli.lazy import Entry, LazyGroup

COMMANDS = {
    "list": Entry("incentive_opt.cli.library:list_", "What ships: instances and payment models."),
    "show": Entry("incentive_opt.cli.library:show", "An instance, model, contract or design as tables."),
    "check": Entry("incentive_opt.cli.library:check", "Read instances and report every problem at once."),
    "schema": Entry("incentive_opt.cli.library:schema", "JSON Schema of the TOML files."),
    "respond": Entry("incentive_opt.cli.respond:respond", "What each practice does under a contract."),
    "solve": Entry("incentive_opt.cli.solve:solve", "Find the best contract, with a bound on the gap."),
    "verify": Entry("incentive_opt.cli.verify:verify", "Re-check every promise of a design from its files."),
    "demo": Entry("incentive_opt.cli.demo:demo", "From an instance to a checked contract, in one command."),
}

EPILOG = """\b
Exit codes: 0 done; 1 a bug or the system; 2 bad input or usage; 3 no design exists;
4 verification failed; 130 interrupted.
"""


@click.group(
    cls=LazyGroup,
    entries=COMMANDS,
    name="incentive-opt",
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="incentive-opt")
@click.option(
    "--debug", is_flag=True, help="Show where in the program an error happened; anywhere in the line."
)
def main(debug: bool) -> None:
    """Design payment contracts for children's primary care.

    INSTANCE, MODEL and DESIGN are names of what ships (see `list`) or paths. Tables go to the
    terminal, progress to stderr; `--json` prints one JSON document instead.
    """
