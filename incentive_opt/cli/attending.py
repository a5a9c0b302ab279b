"""Searches in a row on the command line: each with its progress and Ctrl-C, a line between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from incentive_opt.solve.kept import Ended, Work


def attend(work: Work) -> Ended:
    """A search with its progress on stderr; Ctrl-C stops it."""
    from incentive_opt.cli.watching import watch

    def watched(report: Any, stop: Any) -> Ended:
        return work(report, stop)

    return watch(watched)


def tell(line: str) -> None:
    """A line on stderr."""
    from incentive_opt.cli.output import clean

    click.echo(clean(line), err=True)
