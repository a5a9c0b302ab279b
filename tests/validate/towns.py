"""Towns and designs made by hand whose validation is known beforehand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from incentive_opt.domain.contract import Contract
from incentive_opt.files import read_instance
from tests.certify_designs import write_design
from tests.conftest import edit

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "quality_bonus.toml"
COURSES = """\
need,arrival,condition,season_amplitude,season_peak_month,dispersion,can_wait,source
well_child,scheduled,,0,1,0,true,by_hand
asthma,random,,0,1,0,true,by_hand
"""
BEHAVIOUR = """\
simulation.behaviour]
quantal_usd_per_service = 2.0
inertial_move_per_year = 0.5
contract_years = 3
satisficing_usd_per_clinician = 1000.0
source = "by_hand"
"""


def town(folder: Path, children: int, practices: tuple[int, int], threshold: float = 0.5) -> Path:
    """``two_practices`` with ample staff time and practices that are all alike, so that only chance is left.

    A long visit costs 25 USD of effort in place of overtime; all else is as in the README of the instance.

    Parameters
    ----------
    children : int
        Of each practice.
    practices : two int
        How many busy and caring ones.
    threshold : float
        Of the first tier.
    """
    shutil.copytree(ROOT / "instances" / "two_practices", folder)
    (folder / "courses.csv").write_text(COURSES, encoding="utf-8")
    for name, count, altruism in (("busy", practices[0], 5000), ("caring", practices[1], 15000)):
        old = f"{name},independent,{3 if name == 'busy' else 2},0.2,0,0.25,{altruism},1,1500,1,40000,"
        staff = f"{0.001 * children},0,{0.001 * children}"
        new = f"{name},independent,{count},{staff},{altruism},1,1500,1,{40 * children},"
        edit(folder / "practices.csv", old, new)
        edit(folder / "panels.csv", f"{name},child,1000,1000", f"{name},child,{children},{children}")
    edit(folder / "services.csv", "30,0,0,0,3,1,0,,Long", "30,0,0,0,3,1,25,,Long")
    edit(folder / "measures.csv", "0.5;0.9", f"{threshold};0.9")
    (folder / "conditions.csv").unlink(missing_ok=True)
    edit(folder / "instance.toml", "budget = 515000.0", "budget = 5.0e6")
    file = folder / "instance.toml"
    parts = file.read_text(encoding="utf-8").split("\n[")
    kept = [part for part in parts if not part.startswith("simulation.")]
    file.write_text("\n[".join([*kept[:-1], BEHAVIOUR, kept[-1]]), encoding="utf-8")
    return folder


def bonuses(instance_folder: Path, first: float, second: float = 0.0) -> Contract:
    """Today's fees, and a bonus for either tier [USD/visit]."""
    today = read_instance(instance_folder).status_quo
    paid = {("thorough_visit", 1): first, ("thorough_visit", 2): second}
    paid = {key: usd for key, usd in paid.items() if usd > 0.0}
    return Contract(fees=today.fees, capitation=today.capitation, bonuses=paid, thresholds={})


def honest_design(folder: Path) -> Path:
    """Run folder of a design that holds: large practices, bonuses far above what they have to be."""
    place = town(folder / "town", children=3000, practices=(3, 2))
    write_design(folder / "run", place, MODEL, bonuses(place, 15.0, 5.0))
    return folder / "run"


def lucky_design(folder: Path) -> Path:
    """Run folder of a design that fails by chance: 60 children a practice and a tier at 61 %."""
    place = town(folder / "town", children=60, practices=(30, 20), threshold=0.61)
    write_design(folder / "run", place, MODEL, bonuses(place, 14.0))
    return folder / "run"


def quiet_design(folder: Path) -> Path:
    """Run folder of a design that changes no price."""
    place = town(folder / "town", children=300, practices=(3, 2))
    write_design(folder / "run", place, MODEL, bonuses(place, 0.0))
    return folder / "run"


def short_of_time(folder: Path) -> Path:
    """Run folder of a design that changes no price, where staff time is just enough for the mean month."""
    place = town(folder / "town", children=1000, practices=(3, 2))
    for name in ("busy,independent,3", "caring,independent,2"):
        edit(place / "practices.csv", f"{name},1.0,0,1.0,", f"{name},0.2,0,0.25,")
    edit(place / "courses.csv", "asthma,random,,0,1,0,true", "asthma,random,,0.9,1,0,false")
    write_design(folder / "run", place, MODEL, bonuses(place, 0.0))
    return folder / "run"


def overtime_design(folder: Path) -> Path:
    """Run folder of a design under which long visits are meant to be done in paid overtime."""
    place = town(folder / "town", children=1000, practices=(3, 2))
    for name in ("busy,independent,3", "caring,independent,2"):
        edit(place / "practices.csv", f"{name},1.0,0,1.0,", f"{name},0.2,0,0.25,")
    file = place / "instance.toml"
    text = file.read_text(encoding="utf-8").replace("overtime_paid = false", "overtime_paid = true", 1)
    file.write_text(text, encoding="utf-8")
    write_design(folder / "run", place, MODEL, bonuses(place, 40.0))
    return folder / "run"


def rewrite(run: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """Change design.json; returns the run folder."""
    design = json.loads((run / "design.json").read_text(encoding="utf-8"))
    change(design)
    (run / "design.json").write_text(json.dumps(design), encoding="utf-8")
    return run
