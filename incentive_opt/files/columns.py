"""The tables of an instance: their columns, units and limits, written once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    kind : str
        ``name``, ``text``, ``true/false``, ``choice``, ``number``, or a list in one cell: ``names``,
        ``numbers``, ``weights`` (``name`` or ``name:weight``), ``multiples`` (``name:multiple``), ``curve``
        (``share:share``).
    unit : str
        Unit of the numbers.
    optional : bool
        Whether the column may be missing and a cell empty.
    refers_to : str
        What the names name: segment, need, service, measure, practice, condition or source.
    lowest, highest : float
        Limits of each number.
    above_lowest : bool
        Whether the lowest number itself is out of bounds.
    rising : bool
        Whether the numbers of a list must rise.
    whole : bool
        Whether the number must be a whole one.
    choices : tuple of str
        The words of a ``choice``.
    """

    name: str
    kind: str
    unit: str = ""
    optional: bool = False
    refers_to: str = ""
    lowest: float = 0.0
    highest: float = 1e12
    above_lowest: bool = False
    rising: bool = False
    whole: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableFormat:
    """A table: its file, columns, the columns that together name a row, and its size limits."""

    file: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    most_rows: int
    fewest_rows: int = 1
    optional: bool = False


LABEL = Column("label", "text", optional=True)
SOURCE = Column("source", "names", optional=True, refers_to="source")


def _table(file: str, keys: str, most_rows: int, *columns: Column, **options: int | bool) -> TableFormat:
    fewest = int(options.get("fewest_rows", 1))
    optional = bool(options.get("optional", False))
    return TableFormat(file, (*columns, LABEL, SOURCE), tuple(keys.split()), most_rows, fewest, optional)


def _number(
    name: str,
    unit: str,
    highest: float = 1e12,
    lowest: float = 0.0,
    above_lowest: bool = False,
    optional: bool = False,
) -> Column:
    return Column(name, "number", unit, optional, lowest=lowest, highest=highest, above_lowest=above_lowest)


SEGMENTS = _table(
    "segments.csv",
    "segment",
    50,
    Column("segment", "name"),
    _number("equity_weight", "1", 1000.0),
    Column("contracted", "true/false"),
    _number("other_payer_fee_multiple", "1", 100.0, optional=True),
)
NEEDS = _table(
    "needs.csv",
    "need segment",
    10_000,
    Column("need", "name"),
    Column("segment", "name", refers_to="segment"),
    _number("events_per_child_year", "events/child-year", 1000.0),
    Column("uncovered_to", "text"),
    _number("uncovered_cost", "USD/event", 1e7),
    _number("uncovered_qaly_loss", "QALY/event", 100.0),
    _number("hospital_margin", "1", 1.0, optional=True),
)
HEALTH = _table(
    "health.csv",
    "need segment",
    10_000,
    Column("need", "name", refers_to="need"),
    Column("segment", "name", refers_to="segment"),
    _number("qaly_per_event", "QALY/event", 100.0),
    Column("curve", "curve", "share delivered:share of effect", above_lowest=True, highest=1.0),
    _number("downstream_saving", "USD/event", 1e7),
)
SERVICES = _table(
    "services.csv",
    "service",
    200,
    Column("service", "name"),
    Column("need", "name", refers_to="need"),
    _number("clinician_minutes", "minutes/service", 1440.0),
    _number("np_minutes", "minutes/service", 1440.0),
    _number("team_minutes", "minutes/service", 1440.0),
    _number("supply_cost", "USD/service", 1e6),
    _number("rvu", "RVU/service", 10_000.0),
    _number("effectiveness", "1", 1.0, above_lowest=True),
    _number("effort_cost", "USD/service", 1e6),
    Column("segments", "names", optional=True, refers_to="segment"),
)
MEASURES = _table(
    "measures.csv",
    "measure",
    200,
    Column("measure", "name"),
    Column("numerator", "weights", "service:weight", refers_to="service", above_lowest=True, highest=1e6),
    Column("denominator_need", "name", refers_to="need"),
    Column("segments", "names", optional=True, refers_to="segment"),
    Column("thresholds", "numbers", "rate", highest=1.0, above_lowest=True, rising=True),
    _number("minimum_denominator", "events/year", 1e9),
    _number("closed_elsewhere", "1", 0.99, optional=True),
    fewest_rows=0,
)
PRACTICES = _table(
    "practices.csv",
    "practice",
    2000,
    Column("practice", "name"),
    Column("ownership", "text"),
    _number("count", "practices", 1e7, above_lowest=True),
    _number("clinician_fte", "FTE/practice", 10_000.0),
    _number("np_fte", "FTE/practice", 10_000.0),
    _number("team_fte", "FTE/practice", 10_000.0),
    _number("altruism", "USD/QALY", 1e9),
    _number("effort_scale", "1", 1e6),
    Column("overtime_hours_per_fte", "numbers", "hours/FTE-year", highest=8784.0),
    Column("overtime_wage_multiples", "numbers", "1", highest=1e6, above_lowest=True, rising=True),
    _number("fixed_cost", "USD/year"),
    _number("cost_per_child", "USD/child-year", 1e6),
)
PANELS = _table(
    "panels.csv",
    "practice segment",
    100_000,
    Column("practice", "name", refers_to="practice"),
    Column("segment", "name", refers_to="segment"),
    _number("demanded", "children", 1e9),
    _number("minimum", "children", 1e9),
)
OBSERVED = _table(
    "observed.csv",
    "practice quantity",
    100_000,
    Column("practice", "name", refers_to="practice"),
    Column("quantity", "text"),
    _number("value", "see quantity", lowest=-1e12),
    _number("tolerance", "see quantity"),
    fewest_rows=0,
    optional=True,
)
CONDITIONS = _table(
    "conditions.csv",
    "condition segment",
    2000,
    Column("condition", "name"),
    Column("segment", "name", refers_to="segment"),
    _number("prevalence", "1", 1.0, above_lowest=True),
    Column("multiplies", "multiples", "need:multiple", optional=True, refers_to="need", highest=1000.0),
    optional=True,
)
COURSES = _table(
    "courses.csv",
    "need",
    2000,
    Column("need", "name", refers_to="need"),
    Column("arrival", "choice", choices=("scheduled", "random")),
    Column("condition", "name", optional=True, refers_to="condition"),
    _number("season_amplitude", "1", 1.0),
    Column("season_peak_month", "number", "month, 1 = January", lowest=1.0, highest=12.0, whole=True),
    _number("dispersion", "1", 100.0),
    Column("can_wait", "true/false"),
    _number("qaly_if_it_works", "QALY/event", 100.0, above_lowest=True, optional=True),
    _number("admission_cost", "USD/admission", 1e7, above_lowest=True, optional=True),
    _number("leak_visit_cost", "USD/visit", 1e7, above_lowest=True, optional=True),
    optional=True,
)

UNCERTAINTY = _table(
    "uncertainty.csv",
    "parameter",
    500,
    Column("parameter", "name"),
    Column("of", "text"),
    Column("scale", "choice", choices=("value", "multiple")),
    _number("low", "see of and scale", 1e13),
    _number("high", "see of and scale", 1e13),
    Column("distribution", "choice", optional=True, choices=("uniform", "triangular", "normal", "lognormal")),
    optional=True,
)

TABLES: tuple[TableFormat, ...] = (
    SEGMENTS,
    NEEDS,
    HEALTH,
    SERVICES,
    MEASURES,
    PRACTICES,
    PANELS,
    OBSERVED,
    CONDITIONS,
    COURSES,
    UNCERTAINTY,
)

OBSERVED_QUANTITIES: tuple[str, ...] = ("panel_per_clinician", "visits_per_clinician", "net_income")
"""Quantities of observed.csv besides ``rate:MEASURE``."""
