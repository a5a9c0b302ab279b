"""A small valid instance, written to a temporary folder, for tests to read and to break."""

from __future__ import annotations

from pathlib import Path

import pytest

INSTANCE_TOML = """\
schema = 1
title = "Two small practices"
description = "A made-up town for tests."
price_year = 2025

[payer]
budget = 2.0e6
source = "made_up"

[status_quo]
conversion_factor = 21.35
source = "made_up"

[objective]
outcome = "qaly"

[income]
floor = 0.97
ceiling = 1.5
source = "made_up"

[rules]
max_services_repriced = 3
max_measures = 1

[incentive]
margin = 100.0
source = "made_up"

[staff.clinician]
hours_per_fte = 1700
wage_usd_per_hour = 107.0
overtime_paid = false
panel_minutes_per_child = 5.0
source = "made_up"

[staff.np]
hours_per_fte = 1700
wage_usd_per_hour = 60.0
overtime_paid = true
panel_minutes_per_child = 0.0
source = "made_up"

[staff.team]
hours_per_fte = 1800
wage_usd_per_hour = 25.0
overtime_paid = true
panel_minutes_per_child = 5.0
source = "made_up"

[sources.made_up]
citation = "Made up for tests."
status = "assumption"

[sources.seen]
citation = "As if it had been read somewhere."
status = "V"
"""

TABLES = {
    "segments.csv": """\
segment,equity_weight,contracted,label,source
infant,1.0,true,Under two years,made_up
school_age,1.2,true,Two years and over,made_up
""",
    "needs.csv": """\
need,segment,events_per_child_year,uncovered_to,uncovered_cost,uncovered_qaly_loss,source
prevention,infant,6,nowhere,40,0.0010,made_up
prevention,school_age,1,nowhere,30,0.0010,made_up
acute,infant,2.5,urgent care,150,0.0004,seen
acute,school_age,1.5,urgent care,150,0.0004,seen
asthma,school_age,0.3,ED,900,0.0050,made_up;seen
""",
    "health.csv": """\
need,segment,qaly_per_event,curve,downstream_saving,source
prevention,infant,0.0030,0.5:0.7;1:1,20,made_up
prevention,school_age,0.0025,0.5:0.7;1:1,15,made_up
acute,infant,0.0010,1:1,10,made_up
acute,school_age,0.0008,1:1,10,made_up
asthma,school_age,0.0100,0.4:0.6;0.8:0.9;1:1,120,made_up
""",
    "services.csv": """\
service,need,clinician_minutes,np_minutes,team_minutes,supply_cost,rvu,effectiveness,effort_cost,segments,label,source
well_visit_short,prevention,15,0,15,5,3.5,0.6,0,,"Well visit, short",made_up
well_visit_long,prevention,30,0,25,5,4.0,1.0,5,,"Well visit, long",made_up
sick_visit,acute,15,0,10,3,2.6,1.0,0,,Sick visit,made_up
asthma_visit,asthma,25,0,20,10,3.8,0.8,5,school_age,Asthma visit,made_up
asthma_outreach,asthma,5,0,40,15,0,1.0,8,,Asthma outreach,made_up
""",
    "measures.csv": """\
measure,numerator,denominator_need,segments,thresholds,minimum_denominator,label,source
well_child,well_visit_short;well_visit_long,prevention,,0.6;0.8,30,Well-child visits,made_up
asthma_follow_up,asthma_visit;asthma_outreach:0.5,asthma,school_age,0.5,30,Asthma follow-up,made_up
""",
    "practices.csv": """\
practice,ownership,count,clinician_fte,np_fte,team_fte,altruism,effort_scale,overtime_hours_per_fte,\
overtime_wage_multiples,fixed_cost,cost_per_child,label,source
solo,independent,12,1,0,2,20000,1,100;200,1;1.5,120000,20,Solo practice,made_up
group,independent,3,4,0,8,10000,1,100;200,1;1.5,480000,20,Group practice,made_up
""",
    "panels.csv": """\
practice,segment,demanded,minimum,source
solo,infant,200,100,made_up
solo,school_age,900,400,made_up
group,infant,900,400,made_up
group,school_age,3600,1800,made_up
""",
    "observed.csv": """\
practice,quantity,value,tolerance,source
all,rate:well_child,0.6,0.1,made_up
solo,panel_per_clinician,1100,200,made_up
group,net_income,700000,200000,made_up
""",
}

MODEL_TOML = """\
schema = 1
title = "Fees and capitation"
description = "Fees within half and double of today's, and a payment per child."

[[levers]]
kind = "fee"
lower_multiple = 0.5
upper_multiple = 2.0
lower = 0.0
upper = 60.0
unit = "USD/service"
source = "made_up"

[[levers]]
kind = "capitation"
of = ["infant", "school_age"]
lower = 0.0
upper = 30.0
unit = "USD/child-month"

[[levers]]
kind = "bonus"
lower = 0.0
upper = 50.0
unit = "USD/event"

[sources.made_up]
citation = "Made up for tests."
status = "assumption"
"""

CONTRACT_TOML = """\
schema = 1
title = "For tests"

[fees]
well_visit_short = 70.0
well_visit_long = 95.0
sick_visit = 55.0

[capitation]
infant = 4.0

[[bonuses]]
measure = "well_child"
tier = 2
usd_per_event = 8.0
"""


def write_small_instance(folder: Path) -> Path:
    """Write the small instance to a folder: 2 segments, 3 needs, 5 services, 2 measures, 2 practices."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "instance.toml").write_text(INSTANCE_TOML, encoding="utf-8")
    for name, text in TABLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def edit(file: Path, old: str, new: str) -> None:
    """Replace a piece of a file that stands there exactly once."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file.name}"
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def small_instance(tmp_path: Path) -> Path:
    """Folder of the small instance."""
    return write_small_instance(tmp_path / "small_town")


@pytest.fixture
def small_model(tmp_path: Path) -> Path:
    """File of a payment model that fits the small instance."""
    path = tmp_path / "mixed.toml"
    path.write_text(MODEL_TOML, encoding="utf-8")
    return path


@pytest.fixture
def small_contract(tmp_path: Path) -> Path:
    """File of a contract that fits the small instance."""
    path = tmp_path / "contract.toml"
    path.write_text(CONTRACT_TOML, encoding="utf-8")
    return path
