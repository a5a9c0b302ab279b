"""The report as one page that needs nothing else: no network, no scripts."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from incentive_opt import __version__
from incentive_opt.report.parts import Cell, Figure, Number, Report
from incentive_opt.report.svg import described
from incentive_opt.report.wording import clean


def page(report: Report) -> str:
    """The page as text.

    Notes
    -----
    Everything from files is escaped by the template engine, pictures by the writer of their XML. A policy in
    the page's head forbids it to load anything.
    """
    environment = Environment(
        loader=PackageLoader("incentive_opt.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["svg"] = _svg
    environment.filters["cell"] = _cell
    environment.filters["coded"] = _coded
    template = environment.get_template("report.html")
    return template.render(report=report, version=__version__)


def _svg(figure: Figure) -> Markup:
    """A picture for the page; what it says is escaped as XML."""
    return Markup(described(figure.draw(), f"figure-{figure.key}", figure.title, clean(figure.description)))


def _coded(text: str) -> Markup:
    """A text with what stands between backticks set as code; a backtick without another stays."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        pieces[-2:] = ["`".join(pieces[-2:])]
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(one) if at % 2 else escape(one) for at, one in enumerate(pieces))


def _cell(cell: Cell) -> str:
    """A cell as text, with a true minus sign that does not break from its number."""
    return str(cell).replace("-", "\N{MINUS SIGN}", 1) if isinstance(cell, Number) else cell
