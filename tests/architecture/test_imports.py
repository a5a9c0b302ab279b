"""What a start of the program loads."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"highspy", "numpy", "pandas", "pyomo", "scipy"}
START = """
import json, sys
from incentive_opt.cli.main import main
sys.argv = ["incentive-opt", *{words!r}]
try:
    main()
except SystemExit as ended:
    code = ended.code
else:
    code = 0
print(json.dumps([code, sorted({{name.split(".")[0] for name in sys.modules}})]))
"""


@pytest.mark.parametrize("words", [["--help"], ["solve", "--help"], ["verify", "--help"]])
def test_help_is_light(words: list[str]) -> None:
    """Help appears at once: none of the packages that take seconds is loaded."""
    done = subprocess.run(
        [sys.executable, "-c", START.format(words=words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    code, loaded = json.loads(done.stdout.splitlines()[-1])
    assert code in (0, None)
    assert "Usage" in done.stdout
    assert HEAVY & set(loaded) == set()
