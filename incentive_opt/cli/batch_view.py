"""What people are shown of a batch when it ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from incentive_opt.cli.batch_watching import duration
from incentive_opt.cli.output import clean

MOST = 10
"""Failures that are named; ``results`` has all."""
WORDS = {
    "done": "with a design",
    "no_design": "for which there is none",
    "unfit": "whose model does not fit the instance",
    "failed": "failed",
}


def show_ending(document: dict[str, Any]) -> None:
    """Print how a batch ended, what failed, and where the files are."""
    folder = Path(document["folder"])
    counts = [
        f"{document['outcomes'][key]:,} {words}"
        for key, words in WORDS.items()
        if key in document["outcomes"]
    ]
    earlier = f", {document['reused']:,} of them from earlier" if document["reused"] else ""
    ended = f"{document['tasks']:,} task{'s' * (document['tasks'] != 1)} in {duration(document['seconds'])}"
    click.echo(f"{ended}{earlier}: {', '.join(counts) or 'none ended'}.")
    for failure in document["failures"][:MOST]:
        click.echo(clean(f"  {failure['folder']}: {failure['why']}"))
    if len(document["failures"]) > MOST:
        click.echo(f"  and {len(document['failures']) - MOST:,} more")
    if not document["complete"]:
        click.echo("The batch was stopped; the same command goes on from here.")
    click.echo(f"Files in {clean(folder)}: results.parquet, summary.html, events.jsonl, runs/.")
    click.echo(f"Ask the table: incentive-opt results {clean(folder)} --group instance,model")
