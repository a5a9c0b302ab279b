"""The worker of a batch, started with ``python -m``: that of ``incentive_opt.batch``, with our reports."""

from __future__ import annotations

import sys
from pathlib import Path

from incentive_opt.batch.order import Order
from incentive_opt.batch.record import Outcome
from incentive_opt.batch.worker import work


def carry_out(order: Order, scratch: Path) -> Outcome:
    """Carry out an order."""
    from incentive_opt.batch.carrying import carry_out as carry

    return carry(order, scratch, write_page)


def write_page(folder: Path) -> None:
    """Write the report of a run folder into it, as ``incentive-opt report`` does."""
    from incentive_opt.cli.report import remarks_on
    from incentive_opt.files import write_atomically
    from incentive_opt.report import report_of
    from incentive_opt.report.html import page

    write_atomically(folder / "report.html", page(report_of(folder, remarks_on)))


if __name__ == "__main__":
    work(sys.argv[1:], carry_out)
