"""A page as a test reads it: elements with their attributes, and its text."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "img", "input", "hr"}


@dataclass
class Element:
    """An element with what stands in it."""

    tag: str
    attributes: dict[str, str | None]
    parent: Element | None = None
    children: list[Element] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it."""
        return "".join([*self.words, *(child.text for child in self.children)])


class Page(HTMLParser):
    """Parses a page and notes every element; tags that do not match are faults."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.faults: list[str] = []
        self._open: list[Element] = []
        self.feed(text)
        self.close()
        self.faults += [f"{element.tag} is never closed" for element in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        parent = self._open[-1] if self._open else None
        element = Element(tag, dict(attrs), parent)
        self.elements.append(element)
        if parent is not None:
            parent.children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that is closed at once, as in SVG."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Close an element, which must be the last one opened."""
        if not self._open or self._open[-1].tag != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1].tag if self._open else 'nothing'}")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Text of the innermost element."""
        if self._open:
            self._open[-1].words.append(data)

    def all(self, *tags: str) -> list[Element]:
        """Every element with one of these tags, in order."""
        return [element for element in self.elements if element.tag in tags]

    @property
    def text(self) -> str:
        """All text of the page."""
        return "".join(word for element in self.elements for word in element.words)
