"""A design of two_practices with parameters of our own, made once for all tests of sensitivity."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from incentive_opt.domain.uncertain import Uncertain
from incentive_opt.files import read_instance, read_model
from incentive_opt.solve import solve

TABLE = """\
parameter,of,scale,low,high,distribution,label,source
busy_altruism,practices.csv:practice=busy:altruism,value,2500,9000,lognormal,,by_hand
caring_altruism,practices.csv:practice=caring:altruism,value,10000,24000,lognormal,,by_hand
visit_effect,health.csv:need=well_child:qaly_per_event,multiple,0.5,1.45,triangular,,by_hand
asthma_effect,health.csv:need=asthma:qaly_per_event,multiple,0.4,1.6,normal,,by_hand
long_visit,services.csv:service=well_visit_long:clinician_minutes,value,26,36,triangular,,by_hand
short_effect,services.csv:service=well_visit_short:effectiveness,value,0.3,0.7,uniform,,by_hand
wage,instance.toml:staff.clinician.wage_usd_per_hour,value,78,130,normal,,by_hand
asthma_saving,health.csv:need=asthma:downstream_saving,value,20,80,,,by_hand
"""


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The instance with its uncertain parameters; not to be changed."""
    folder = tmp_path_factory.mktemp("sensitivity") / "two"
    shutil.copytree(read_instance("two_practices").path, folder)
    (folder / "uncertainty.csv").write_text(TABLE, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def kept(place: Path) -> Path:
    """The run folder of its best quality bonus; not to be changed."""
    folder = place.parent / "design"
    read = read_instance(place)
    solve(read, read_model("quality_bonus", read), seed=0, gap=1e-3, time_limit=60.0).write(folder)
    return folder


@pytest.fixture
def run(kept: Path, tmp_path: Path) -> Path:
    """A copy of the run folder to tamper with."""
    return Path(shutil.copytree(kept, tmp_path / "design"))


@pytest.fixture(scope="session")
def parameters(place: Path) -> dict[str, Uncertain]:
    return {one.name: one for one in read_instance(place).uncertainty}
