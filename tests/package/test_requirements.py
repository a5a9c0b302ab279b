"""The pinned files: complete, exact, with hashes, and in step with pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PYTHONS = ["3.11", "3.12", "3.13"]


def entries(kind: str) -> list[str]:
    """The pins of a file, each with its hashes, one text each."""
    text = (ROOT / "requirements" / f"{kind}.txt").read_text(encoding="utf-8")
    return text.replace("\\\n", " ").strip().splitlines()


def pins(kind: str, python: str) -> dict[str, str]:
    """Package -> version for one Python on Linux."""
    found = {}
    for entry in entries(kind):
        pin = Requirement(entry.split("--hash")[0].strip())
        environment = {
            "python_version": python,
            "python_full_version": f"{python}.0",
            "sys_platform": "linux",
        }
        if pin.marker is None or pin.marker.evaluate(environment):
            (exact,) = pin.specifier
            assert exact.operator == "=="
            assert canonicalize_name(pin.name) not in found
            found[canonicalize_name(pin.name)] = exact.version
    return found


@pytest.mark.parametrize("kind", ["runtime", "development"])
def test_every_pin_has_a_hash(kind: str) -> None:
    """Each entry is a package, a version and at least one SHA-256, and nothing else stands there."""
    entry = re.compile(r"^[a-z0-9-]+==[^ ]+( ; [^-]+?)?( +--hash=sha256:[0-9a-f]{64})+$")
    assert [text for text in entries(kind) if not entry.match(text)] == []
    assert len(entries(kind)) >= len(PROJECT["dependencies"])


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("runtime", PROJECT["dependencies"]),
        ("development", PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]),
    ],
)
def test_pins_meet_what_the_project_asks(kind: str, wanted: list[str], python: str) -> None:
    """Every dependency is pinned, once, at a version that pyproject.toml allows."""
    found = pins(kind, python)
    for text in wanted:
        requirement = Requirement(text)
        assert requirement.specifier.contains(found[canonicalize_name(requirement.name)]), text


@pytest.mark.parametrize("python", PYTHONS)
def test_tests_run_on_what_users_get(python: str) -> None:
    """The development pins contain the runtime pins at the same versions."""
    assert pins("runtime", python).items() <= pins("development", python).items()


def test_the_faulty_solver_is_kept_out() -> None:
    """HiGHS 1.14.0 calls wrong answers optimal; the project does not accept it."""
    (solver,) = [Requirement(text) for text in PROJECT["dependencies"] if text.startswith("highspy")]
    assert not solver.specifier.contains("1.14.0")
