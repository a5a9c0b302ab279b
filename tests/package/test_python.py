"""The package from Python: names and paths in place of objects, whatever was imported before."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(code: str, folder: Path, timeout: float = 120.0) -> str:
    """What a program prints, in a Python of its own that imports the package from this checkout."""
    program = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("before", ["", "import incentive_opt.simulate", "import incentive_opt.validate"])
def test_simulate_takes_names_and_paths(tmp_path: Path, before: str) -> None:
    """Names, folders, files and objects lead to the same years; also once the module hides the function."""
    code = f"""
{before}
import incentive_opt as io
instance = io.read_instance("two_practices")
io.write_contract(instance.status_quo, "contract.toml")
ways = [(instance, None), ("two_practices", None), (instance.path, "contract.toml"), ("two_practices", ".")]
print(len({{io.simulate(*way, replications=1, threads=1).health_qaly for way in ways}}))
print(io.simulate(instance=instance, contract=instance.status_quo, replications=2, threads=1).replications)
"""
    assert run(code, tmp_path).split() == ["1", "2"]


def test_evaluate_is_there(tmp_path: Path) -> None:
    """It takes names and paths, before and after its module was imported, and ends in a bottom line."""
    code = """
import incentive_opt as io
for _ in range(2):
    found = io.evaluate("two_practices", "status_quo", replications=1, threads=1)
    print(len(found["summary"]["sentences"]) > 1, found["contract"]["is_status_quo"])
print("evaluate" in io.__all__, "evaluate" in dir(io))
"""
    assert run(code, tmp_path).split() == ["True"] * 6


@pytest.mark.slow
def test_the_code_of_the_readme_runs(tmp_path: Path) -> None:
    """Every block of Python in README.md, with a shorter search."""
    blocks = re.findall(
        r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S
    )
    assert len(blocks) == 1
    code = blocks[0].replace("time_limit=60", "time_limit=5")
    assert code != blocks[0]
    assert "Against the contract in force" in run(code, tmp_path, timeout=300.0)
