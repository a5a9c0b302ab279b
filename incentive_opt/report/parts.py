"""What a report is made of: sections with paragraphs, tables and figures, whatever they are written to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

LONG = 40
"""Texts longer than this are sentences [characters]."""


@dataclass(frozen=True)
class Number:
    """A number in a table.

    Attributes
    ----------
    value : float or None
        None is an empty cell.
    decimals : int
        So many are shown; files for other programs keep all.
    signed : bool
        Whether a plus is shown, as for changes.
    """

    value: float | None
    decimals: int = 0
    signed: bool = False

    def __str__(self) -> str:
        """As people read it: thousands separated; what rounds to nothing has no sign."""
        if self.value is None:
            return ""
        rounded = round(self.value, self.decimals) + 0.0
        sign = "+" if self.signed and rounded > 0.0 else ""
        return f"{sign}{rounded:,.{self.decimals}f}"


Cell = str | Number
Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """A table, the same on the page, in the workbook and as CSV.

    Attributes
    ----------
    key : str
        Names the sheet and the file: at most 31 characters, letters, digits and underscores.
    columns : tuple of str
        Headings, with the unit in brackets.
    note : str
        What to know when reading it.
    folded : bool
        Whether the page shows it only when asked to.
    """

    kind: ClassVar[str] = "table"
    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""
    folded: bool = False

    @property
    def numeric(self) -> list[bool]:
        """For each column whether it holds numbers, which stand to the right."""
        return [
            bool(self.rows) and all(isinstance(row[place], Number) for row in self.rows)
            for place in range(len(self.columns))
        ]

    @property
    def wordy(self) -> list[bool]:
        """For each column whether it holds sentences, which need room."""
        return [any(len(str(row[place])) > LONG for row in self.rows) for place in range(len(self.columns))]

    @property
    def classes(self) -> list[str]:
        """How each column is set on the page."""
        return [
            "number" if number else "words" if words else "name"
            for number, words in zip(self.numeric, self.wordy, strict=True)
        ]


@dataclass(frozen=True)
class Figure:
    """A picture with its text alternative.

    Attributes
    ----------
    description : str
        What the picture shows, in words, for those who do not see it.
    draw : callable
        Makes the picture: SVG as text.
    """

    kind: ClassVar[str] = "figure"
    key: str
    title: str
    description: str
    draw: Callable[[], str]


@dataclass(frozen=True)
class Paragraph:
    """Text; ``lead`` is for the answer at the top."""

    kind: ClassVar[str] = "paragraph"
    text: str
    lead: bool = False


@dataclass(frozen=True)
class Bullets:
    """A list of sentences; or of commands to type, one a line."""

    kind: ClassVar[str] = "bullets"
    items: tuple[str, ...]
    commands: bool = False


Part = Paragraph | Bullets | Table | Figure


@dataclass(frozen=True)
class Section:
    """A part of the report under a heading of its own."""

    key: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Report:
    """All sections, in order."""

    title: str
    subtitle: str
    sections: tuple[Section, ...] = field(default_factory=tuple)

    @property
    def tables(self) -> Iterator[Table]:
        """Every table, in order."""
        for section in self.sections:
            for part in section.parts:
                if isinstance(part, Table):
                    yield part
