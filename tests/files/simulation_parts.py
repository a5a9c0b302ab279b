"""The part of the small instance that only the simulator reads, for tests to read and to break."""

from __future__ import annotations

from pathlib import Path

TERMS = """
[simulation]
source = "made_up"

[simulation.practices]
altruism_spread = 0.2
effort_spread = 0.1
size_spread = 0.3
mix_spread = 0
characters = 8

[simulation.enrolment]
leaving_per_month = 0.01
continuous_months = 11

[simulation.continuity]
own_clinician_share = 0.6
high_index = 0.75
low_index = 0.25
visits_medium = 1.1
visits_low = 1.2
admissions_medium = 1.05
admissions_low = 1.15
source = "seen"

[simulation.waiting]
gives_up_per_month = 0.3
squeeze_in = 0.05

[simulation.behaviour]
quantal_usd_per_service = 2.5
inertial_move_per_year = 0.5
contract_years = 4
satisficing_usd_per_clinician = 800
"""

CONDITIONS = """\
condition,segment,prevalence,multiplies,label,source
asthma,school_age,0.075,acute:1.5,Asthma,made_up;seen
obesity,infant,0.1,acute:1.2,,made_up
obesity,school_age,0.2,,,made_up
"""

COURSES = """\
need,arrival,condition,season_amplitude,season_peak_month,dispersion,can_wait,qaly_if_it_works,admission_cost,\
leak_visit_cost,source
prevention,scheduled,,0,1,0,true,,,,made_up
acute,random,,0.3,2,0.5,false,,,300,seen
asthma,random,asthma,0,1,0,true,0.03,6000,1000,made_up
"""


def add_simulation(folder: Path) -> Path:
    """Add every part to the small instance in a folder: 3 courses, 2 conditions, 5 parts of [simulation]."""
    with (folder / "instance.toml").open("a", encoding="utf-8") as file:
        file.write(TERMS)
    (folder / "conditions.csv").write_text(CONDITIONS, encoding="utf-8")
    (folder / "courses.csv").write_text(COURSES, encoding="utf-8")
    return folder
