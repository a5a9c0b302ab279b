"""What is installed, as against what is checked out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import incentive_opt

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the unpacked wheel, far from the checkout."""
    place = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place / "installed")
    return place / "installed"


def run(installed: Path, *words: str) -> str:
    """What a Python says that sees the unpacked wheel before the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "NO_COLOR": "1", "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-P", *words],
        cwd=installed,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def shipped(folder: str) -> dict[str, bytes]:
    """The files of a folder of the checkout."""
    return {
        path.relative_to(ROOT / folder).as_posix(): path.read_bytes()
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("folder", ["models", "instances"])
def test_library_ships_whole(installed: Path, folder: str) -> None:
    """Every model and every instance table is in the wheel, byte for byte."""
    there = installed / "incentive_opt" / folder
    assert {name: (there / name).read_bytes() for name in shipped(folder)} == shipped(folder)
    assert len(shipped(folder)) > 1


def test_installed_command_finds_the_library(installed: Path) -> None:
    """Away from the checkout, `list` names every model and instance that ships."""
    where = run(installed, "-c", "import incentive_opt; print(incentive_opt.__file__)")
    assert Path(where.strip()).is_relative_to(installed)
    listed = run(installed, "-m", "incentive_opt", "list")
    names = [path.stem for path in (ROOT / "models").glob("*.toml")]
    names += [path.parent.name for path in (ROOT / "instances").glob("*/instance.toml")]
    assert [name for name in names if name not in listed] == []


def test_list_speaks_json(installed: Path) -> None:
    """`list --json` prints one JSON document."""
    assert json.loads(run(installed, "-m", "incentive_opt", "list", "--json"))


def test_wheel_holds_what_belongs_and_nothing_else(installed: Path) -> None:
    """The licence and the typing mark are in; tests and tools are not."""
    assert {path.name for path in installed.iterdir()} == {
        "incentive_opt",
        f"incentive_opt-{PROJECT['version']}.dist-info",
    }
    assert (installed / "incentive_opt" / "py.typed").is_file()
    (licence,) = installed.rglob("LICENSE")
    assert licence.read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_version_is_the_same_everywhere() -> None:
    """pyproject.toml, the package and the newest heading of the changelog agree."""
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert incentive_opt.__version__ == PROJECT["version"]
    assert f"## [{PROJECT['version']}]" in changes
