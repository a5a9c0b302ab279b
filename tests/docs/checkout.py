"""A checkout as somebody else has it: the files that git would hand out, and an environment of its own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

from tests.docs.blocks import ROOT

NOT_HANDED_OUT = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "runs")


def copy(folder: Path) -> Path:
    """Copy what git knows or would take in; without git, all but what is made here."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        shutil.copytree(ROOT, folder, ignore=NOT_HANDED_OUT)
        return folder
    for name in listed.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def lend_packages(folder: Path) -> None:
    """An environment whose set-up counts as done: packages of the running Python, the checkout's own code."""
    home = folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    (packages,) = home.glob("lib/python3*/site-packages")
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    start = _start(folder)
    start.link()
    start.record(start.fingerprint("development"))


def _start(folder: Path) -> ModuleType:
    """The module cli.py of a checkout."""
    description = importlib.util.spec_from_file_location("start_of_checkout", folder / "cli.py")
    assert description is not None
    assert description.loader is not None
    module = importlib.util.module_from_spec(description)
    description.loader.exec_module(module)
    return module


def environment(folder: Path) -> dict[str, str]:
    """What commands see that are typed there: its own Python and command first."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHONPATH"))}
    path = f"{folder / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return own | {"PATH": path, "NO_COLOR": "1", "COLUMNS": "200"}
