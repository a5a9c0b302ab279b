"""``incentive-opt results``: the table of a batch, filtered, grouped, sorted, exported."""

from __future__ import annotations

from pathlib import Path

import click

from incentive_opt.cli.numbers import Number


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="BATCH")
@click.option(
    "--where",
    multiple=True,
    metavar="CONDITION",
    help="Only rows for which this holds, in SQL: \"gap < 0.05 AND model = 'blended'\"; repeat for several.",
)
@click.option(
    "--group", metavar="A,B", help="A row for each combination of these columns, with sums over its tasks."
)
@click.option("--sort", metavar="A,-B", help="Sort by these columns; a minus turns the order.")
@click.option("--columns", metavar="A,B", help="Only these columns.")
@click.option("--limit", type=Number(lowest=1, whole=True), metavar="N", help="At most so many rows.")
@click.option("--all", "every", is_flag=True, help="Also what earlier batches left in the folder.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to FILE.csv, .xlsx, .parquet or .json.",
)
@click.option(
    "--page",
    type=click.Path(path_type=Path),
    metavar="FILE.md",
    help="Write a page for people to read: models by instance, who gains and who loses, what holds.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def results(
    folder: Path,
    where: tuple[str, ...],
    group: str | None,
    sort: str | None,
    columns: str | None,
    limit: int | None,
    every: bool,
    out: Path | None,
    page: Path | None,
    as_json: bool,
) -> None:
    """Show what the tasks of BATCH, a folder that `batch` wrote, have found.

    A row for each task, also for those that failed or are still open; the column `folder` leads to its run
    folder. While a batch runs, the table shows what it has finished. Settings are columns, too:
    `--group payer.budget`.
    """
    from incentive_opt.batch.folder import Folder
    from incentive_opt.batch.query import Question, ask
    from incentive_opt.batch.table import open_table

    batch = Folder(folder)
    if out is not None:
        from incentive_opt.batch.export import check_target

        check_target(out, batch)
    if page is not None:
        from incentive_opt.batch.page import check_page

        if group or columns:
            raise click.UsageError("--page needs whole rows; leave out --group and --columns.")
        check_page(page)
    batch.read_plan()
    question = Question(where, _listed(group), _listed(sort), _listed(columns), limit)
    with open_table(batch, every) as connection:
        answer = ask(connection, question)
    if out is not None:
        from incentive_opt.batch.export import write_answer

        write_answer(answer, out)
        click.echo(f"Written: {out}", err=as_json)
    if page is not None:
        from incentive_opt.batch.page import write_page

        write_page(batch, answer.as_dicts(), page, _chosen(where, sort, limit, every))
        click.echo(f"Written: {page}", err=as_json)
    if as_json:
        from incentive_opt.cli.output import print_json

        print_json({"schema": 1, "kind": "results", "folder": str(folder), "rows": answer.as_dicts()})
    elif out is None and page is None:
        from incentive_opt.cli.results_view import show

        show(answer, whole=not (group or columns))


def _listed(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _chosen(where: tuple[str, ...], sort: str | None, limit: int | None, every: bool) -> list[str]:
    """The options that chose the rows, as they were typed."""
    words = [word for condition in where for word in ("--where", condition)]
    words += [f"--sort={sort}"] if sort else []
    words += ["--limit", str(int(limit))] if limit else []
    return words + ["--all"] * every
