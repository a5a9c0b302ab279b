"""By what the design was made, and how to make it again."""

from __future__ import annotations

import hashlib
import shlex
from typing import Any

from incentive_opt import __version__
from incentive_opt.report.facts import Facts
from incentive_opt.report.parts import Bullets, Paragraph, Part, Row, Section, Table
from incentive_opt.report.wording import clean

FILES = ("design.json", "contract.toml", "responses.csv", "model.toml", "validation.json", "sensitivity.json")


def provenance(facts: Facts) -> Section:
    """Versions, seed, hashes, and the commands that check, repeat and simulate the design."""
    name = facts.name
    commands = (
        f"incentive-opt verify {name}",
        solve_again(facts),
        f"incentive-opt validate {name}",
        f"incentive-opt report {name}",
    )
    parts: list[Part] = [
        Paragraph(
            "Type these in the folder that holds the design's folder: the first re-checks every promise from "
            "the files alone, the second searches again, the third simulates, the last writes this page. "
            "From a checkout set up as its README says, type `python3 PATH/cli.py` for `incentive-opt`; "
            "PATH is the folder of the checkout."
        ),
        Bullets(commands, commands=True),
    ]
    parts += [Paragraph(text) for text in not_recorded(facts.design)]
    parts.append(Table("provenance", "Provenance", ("what", "value"), tuple(_rows(facts))))
    return Section("provenance", "How to run it again", tuple(parts))


def solve_again(facts: Facts) -> str:
    """The command that repeats the search, from the copies in the run folder."""
    design, folder = facts.design, facts.bare_name
    own = facts.bare_name + "-again"
    words = ["incentive-opt", "solve", f"{folder}/instance", "--model", f"{folder}/model.toml"]
    objective, made = design["objective"], design["provenance"]
    if objective.get("gap_asked") is not None:
        words += ["--gap", f"{objective['gap_asked']:g}"]
    if design["budget"].get("overrides_instance") is True:
        words += ["--budget", repr(design["budget"]["limit_usd"])]
    if design.get("margin_overrides_instance") is True:
        words += ["--margin", repr(design["margin_usd"])]
    if design.get("altruism_margin"):
        words += ["--altruism-margin", repr(design["altruism_margin"])]
    robust = design.get("robustness")
    if isinstance(robust, dict) and robust.get("deviations"):
        words += ["--aim-above", repr(robust["deviations"])]
    if design.get("kinds", 1) > 1:
        words += ["--kinds", str(design["kinds"])]
    if design.get("pieces", 1) > 1:
        words += ["--pieces", str(design["pieces"])]
    scenarios = design.get("scenarios")
    if isinstance(scenarios, dict) and isinstance(scenarios.get("draws"), int):
        words += ["--scenarios", str(scenarios["draws"])]  # two searches, of which only one is counted
    else:
        words += ["--iterations", str(made["iterations"])]
    words += ["--seed", str(made["seed"])]
    words += ["--time-limit", f"{max(300.0, 4.0 * made['seconds']):.0f}", "--out", own]
    return shlex.join(words)


def not_recorded(design: dict[str, Any]) -> list[str]:
    """What the search may have been told that design.json does not say."""
    said = ["design.json does not say whether the search began near a given contract (--start)."]
    if design.get("robustness") is not None:
        said.append("It comes from `solve --robust`; the command above repeats the search that was chosen.")
    elif design.get("attainment_targets"):
        said.append("It aims above thresholds: add --aim-above with the number of standard deviations.")
    return [" ".join(said)]


def _rows(facts: Facts) -> list[Row]:
    design, made = facts.design, facts.design["provenance"]
    rows: list[Row] = [
        ("instance", f"{facts.label_of('instance')} ({clean(design['instance']['name'])})"),
        ("instance, sha256", clean(design["instance"]["sha256"])),
        ("payment model", f"{facts.label_of('model')} ({clean(design['model']['name'])})"),
        ("payment model, sha256", clean(design["model"]["sha256"])),
        ("price year", str(facts.given.price_year)),
        ("status", clean(design["status"])),
        ("made by", f"incentive-opt {clean(made['version'])}"),
        ("solver", clean(made["solver"])),
        ("seed", str(made["seed"])),
        ("iterations", str(made["iterations"])),
        ("seconds", f"{made['seconds']:,.1f}"),
        (
            "incentive margin",
            f"{design.get('margin_usd') or 0.0:,.6g} USD per practice and year, per 1 % of harm",
        ),
        ("kinds of practice in each type", str(design.get("kinds", 1))),
        ("straight pieces for each of an effect curve's own", str(design.get("pieces", 1))),
        ("report by", f"incentive-opt {__version__}"),
    ]
    for file in FILES:
        path = facts.folder / file
        if path.is_file():
            rows.append((f"{file}, sha256", hashlib.sha256(path.read_bytes()).hexdigest()))
    return rows
