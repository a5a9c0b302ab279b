"""``incentive-opt report``: a design as a page to read, a workbook or tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from incentive_opt.cli.numbers import Word

if TYPE_CHECKING:
    from incentive_opt.report import Remarks, Report

ENDINGS = {"html": (".html", ".htm"), "xlsx": (".xlsx",), "csv": (".zip", "")}
"""How a file of each format ends; tables also go to a folder."""
NAMES = {"html": "report.html", "xlsx": "report.xlsx", "csv": "report_csv"}
"""What is written into the run folder, unless told otherwise."""


@click.command()
@click.argument("design", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to write; tables go to a folder, or into one file that ends in .zip.  "
    "[default: in the run folder]",
)
@click.option(
    "--format",
    "chosen",
    type=Word(list(ENDINGS)),
    help="A page to read and print (html), a workbook (xlsx), or tables (csv).  "
    "[default: as FILE ends, or html]",
)
def report(design: Path, out: Path | None, chosen: str | None) -> None:
    """Write a report of DESIGN: a run folder, or the design.json in it.

    The page is one file that needs no network: what is proposed, what it brings and costs, who gains and who
    loses, what practices do differently, what binds, what simulation found, and what it all rests on.
    Figures are worked out from the files in the folder.
    """
    form = chosen or _form_of(out)
    folder = design if design.is_dir() else design.parent
    target = folder / NAMES[form] if out is None else out
    _may_write(form, target, known=out is not None or folder.is_dir())
    made = _read(design)
    for file in _write(form, made, target):
        click.echo(f"Written: {_shown(file)}")


def _form_of(out: Path | None) -> str:
    """The format that goes with the ending of a file."""
    if out is None:
        return "html"
    found = [form for form, endings in ENDINGS.items() if out.suffix.lower() in endings]
    return found[0] if found else "html"


def _may_write(form: str, target: Path, known: bool) -> None:
    """Refuse a name that does not go with the format, a folder with other things, and where none can write.

    ``known`` says whether the place was named or is there; a design that is not there is told as that.
    """
    from incentive_opt.errors import InputError, Problem
    from incentive_opt.files.room import need_room, what_it_is

    wrong = ""
    if target.suffix.lower() not in ENDINGS[form]:
        ending = " or ".join(ending or "a folder" for ending in ENDINGS[form])
        wrong = f"a name that goes with {form}: {ending}"
    elif form == "csv" and target.suffix == "" and target.exists() and not _takes_tables(target):
        other = "holds other files" if target.is_dir() else f"is {what_it_is(target)}"
        wrong = f"a new folder, or that of earlier tables; this {other}"
    if wrong:
        raise InputError([Problem(str(target), "", "", wrong, "Name another with --out, or leave it out.")])
    if known:
        need_room(target, file=target.suffix != "")


def _takes_tables(folder: Path) -> bool:
    """Whether a folder is empty or holds tables of an earlier report."""
    return folder.is_dir() and (not any(folder.iterdir()) or (folder / "contents.csv").is_file())


def _read(design: Path) -> Report:
    from incentive_opt.cli.kinds import no_design
    from incentive_opt.errors import InputError
    from incentive_opt.report import report_of

    if wrong := no_design(design):
        raise InputError(wrong)
    return report_of(design, remarks_on)


def remarks_on(design: dict[str, Any]) -> Remarks:
    """What `solve` and `show` say of a design, in the same words."""
    from incentive_opt.cli.attainment_view import allowed_for
    from incentive_opt.cli.design_view import in_words, unspent
    from incentive_opt.report import Remarks

    allowances = [*allowed_for(design), *(design.get("notes") or [])]
    return Remarks(in_words(design), unspent(design), allowances)


def _write(form: str, made: Report, target: Path) -> list[Path]:
    """Write the report; what was written."""
    from incentive_opt.files import write_atomically

    if form == "html":
        from incentive_opt.report.html import page

        write_atomically(target, page(made))
    elif form == "xlsx":
        from incentive_opt.report.workbook import workbook

        write_atomically(target, workbook(made))
    else:
        from incentive_opt.report.tables import archive, csv_files

        files = csv_files(made)
        if target.suffix:
            write_atomically(target, archive(files))
        else:
            for name, text in files.items():
                write_atomically(target / name, text)
    return [target]


def _shown(file: Path) -> str:
    from incentive_opt.cli.output import clean

    return clean(file)
