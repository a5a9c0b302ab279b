"""A batch as a program of its own, so that tests can kill it: ``python -m tests.batch.start_batch``."""

from __future__ import annotations

import sys
from pathlib import Path

from incentive_opt.batch.runner import Care
from tests.batch.batches import carried_out, study_with
from tests.batch.fake_worker import MODULE

REAL = "incentive_opt.cli.batch_worker"


def main(out: str, seeds: str, kind: str) -> None:
    """Carry out so many seeds in a folder, by real or fake workers."""
    models = ("capitation", "quality_bonus") if kind == "real" else ("capitation",)
    care = Care(REAL if kind == "real" else MODULE)
    carried_out(study_with(range(int(seeds)), models=models), Path(out), jobs=2, care=care)


if __name__ == "__main__":
    main(*sys.argv[1:])
