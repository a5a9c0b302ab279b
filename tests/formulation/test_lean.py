"""A small design does not wait for libraries that it does not use."""

from __future__ import annotations

import subprocess
import sys

import pytest

SOLVE = "import incentive_opt; incentive_opt.solve('two_practices', 'quality_bonus')"
RESPOND = (
    "from incentive_opt.formulation.status_quo import respond; import incentive_opt; "
    "instance = incentive_opt.read_instance('two_practices'); respond(instance, instance.status_quo)"
)


@pytest.mark.parametrize("work", [SOLVE, RESPOND])
def test_the_whole_of_scipy_is_not_loaded(work: str) -> None:
    """Neither scipy.stats, which Pyomo would import, nor all of Pyomo's solvers and transformations."""
    heavy = "[name for name in ('scipy.stats', 'pyomo.environ') if name in sys.modules]"
    program = f"import sys; {work}; print({heavy})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
