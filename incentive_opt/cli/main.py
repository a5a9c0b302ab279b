"""``incentive-opt``: the entry point and the table of its commands."""

from __future__ import annotations

import click

from incentive_opt import __version__
from incentive_opt.cli.lazy import Entry, LazyGroup

COMMANDS = {
    "list": Entry(
        "incentive_opt.cli.library:list_",
        "What ships: instances and payment models.",
        ("incentive-opt list", "incentive-opt list models"),
    ),
    "show": Entry(
        "incentive_opt.cli.library:show",
        "An instance, model, contract or design as tables.",
        (
            "incentive-opt show two_practices",
            "incentive-opt show my_design",
            "incentive-opt show two_practices --contract > my_contract.toml",
        ),
    ),
    "check": Entry(
        "incentive_opt.cli.library:check",
        "Read instances and report every problem at once.",
        ("incentive-opt check two_practices", "incentive-opt check mine"),
    ),
    "schema": Entry(
        "incentive_opt.cli.library:schema",
        "JSON Schema of the TOML files.",
        ("incentive-opt schema > formats.json",),
    ),
    "respond": Entry(
        "incentive_opt.cli.respond:respond",
        "What each practice does under a contract.",
        (
            "incentive-opt respond two_practices",
            "incentive-opt respond two_practices --contract my_contract.toml --practice busy",
        ),
    ),
    "simulate": Entry(
        "incentive_opt.cli.simulate:simulate",
        "Simulate children and practices for a year under a contract.",
        (
            "incentive-opt simulate two_practices",
            "incentive-opt simulate two_practices --contract my_design --precision 1% --out ledger.csv",
        ),
    ),
    "evaluate": Entry(
        "incentive_opt.cli.evaluate:evaluate",
        "Hold a contract of your own against today's and the best.",
        (
            "incentive-opt evaluate two_practices --contract my_contract.toml",
            "incentive-opt evaluate two_practices --contract my_contract.toml --design my_design",
        ),
    ),
    "solve": Entry(
        "incentive_opt.cli.solve:solve",
        "Find the best contract, with a bound on the gap.",
        (
            "incentive-opt solve two_practices --model quality_bonus --out my_design",
            "incentive-opt solve mine --budget 550000 --time-limit 60",
        ),
    ),
    "compare": Entry(
        "incentive_opt.cli.compare:compare",
        "Payment models side by side on one instance.",
        (
            "incentive-opt compare two_practices --models capitation,quality_bonus,blended",
            "incentive-opt compare medicaid_statewide --time-limit 300 --out runs/side_by_side",
        ),
    ),
    "frontier": Entry(
        "incentive_opt.cli.frontier:frontier",
        "Health against budget: a design and a limit at each.",
        (
            "incentive-opt frontier two_practices --model quality_bonus --budgets 450000:550000:11",
            "incentive-opt frontier mine --budgets 5e6:6e6:20 --time-limit 1800 --out runs/budgets",
        ),
    ),
    "batch": Entry(
        "incentive_opt.cli.batch:batch",
        "Many designs at once, resumable, here or on a cluster.",
        (
            "incentive-opt batch two_practices --models capitation,quality_bonus --seeds 5 --out nightly",
            "incentive-opt batch mine --set payer.budget=5e6,6e6 --jobs 2 --out nightly",
            "incentive-opt batch --out nightly --retry-failed",
        ),
    ),
    "results": Entry(
        "incentive_opt.cli.results:results",
        "The table of a batch: filter, group, sort, export.",
        (
            "incentive-opt results nightly --group instance,model",
            'incentive-opt results nightly --where "gap < 0.05" --sort -health_qaly --out best.xlsx',
        ),
    ),
    "explain": Entry(
        "incentive_opt.cli.explain:explain",
        "Why there is no design; what binds in one.",
        (
            "incentive-opt explain two_practices --model quality_bonus --budget 270000",
            "incentive-opt explain my_design",
        ),
    ),
    "verify": Entry(
        "incentive_opt.cli.verify:verify",
        "Re-check every promise of a design from its files.",
        ("incentive-opt verify my_design", "incentive-opt verify my_design --json"),
    ),
    "validate": Entry(
        "incentive_opt.cli.validate:validate",
        "Simulate a design and say whether its promises hold.",
        (
            "incentive-opt validate my_design",
            "incentive-opt validate my_design --replications 50 --behaviour inertial --json",
        ),
    ),
    "sensitivity": Entry(
        "incentive_opt.cli.sensitivity:sensitivity",
        "How sure a design is, where numbers are not known well.",
        (
            "incentive-opt sensitivity my_design",
            "incentive-opt sensitivity my_design --draws 1024 --against my_contract.toml",
        ),
    ),
    "report": Entry(
        "incentive_opt.cli.report:report",
        "A design as a page to read and print, or as tables.",
        ("incentive-opt report my_design", "incentive-opt report my_design --out my_design.xlsx"),
    ),
    "demo": Entry(
        "incentive_opt.cli.demo:demo",
        "From an instance to a checked contract, in one command.",
        ("incentive-opt demo --time-limit 60 --out runs/demo",),
    ),
}

EPILOG = """\b
Exit codes: 0 done; 1 a bug or the system; 2 bad input or usage; 3 no design exists;
4 verification failed; 5 validation failed; 130 interrupted (Ctrl-C twice, or before there is
anything to keep).

\b
First steps (in a checkout, type python3 cli.py for incentive-opt):
  incentive-opt list
  incentive-opt solve two_practices --model quality_bonus --out my_design
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
