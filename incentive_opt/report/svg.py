"""From a matplotlib figure to SVG inside a page: small, steady, readable aloud, in the page's colours."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

SVG = "http://www.w3.org/2000/svg"
LINK = "{http://www.w3.org/1999/xlink}href"
INK = "#123456"
"""Stands for the colour of the page's text, which depends on the reader's light or dark setting."""
WIDTH = 5.0
"""Width of a picture [inches]: so that its text can be read on a telephone."""
SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "incentive-opt",
    "text.parse_math": False,
    "axes.formatter.use_mathtext": False,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 11,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.color": INK,
    "hatch.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "path.simplify": True,
}


def picture(height: float, draw: Callable[[Figure], None]) -> str:
    """Draw a figure and give it as SVG.

    Parameters
    ----------
    height : float
        [inches]
    draw : callable
        Gets the empty figure.
    """
    with mpl.rc_context(SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the browser has other fonts
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure)
        file = io.BytesIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return file.getvalue().decode("utf-8")


def described(text: str, key: str, title: str, description: str) -> str:
    """SVG for the page: named and described, its identifiers its own, without what only other programs read.

    Parameters
    ----------
    text : str
        SVG as matplotlib writes it.
    key : str
        Goes before every identifier, so that pictures on one page do not mix.
    """
    root = ElementTree.fromstring(text)
    for name in ("metadata", "style"):  # a style would hold for the whole page
        for parent in list(root.iter()):
            for element in parent.findall(f"{{{SVG}}}{name}"):
                parent.remove(element)
    for element in root.iter():
        _own(element, key)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{key}-title {key}-description")
    root.set("focusable", "false")
    for place, (tag, words) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(f"{{{SVG}}}{tag}")
        element.set("id", f"{key}-{'title' if tag == 'title' else 'description'}")
        element.text = words
        root.insert(place, element)
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{SVG}}}")
    written = ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)
    return written.replace(INK, "currentColor")


def _own(element: ElementTree.Element, key: str) -> None:
    """Identifiers and references of one element, made the picture's own."""
    attributes = element.attrib
    if "id" in attributes:
        attributes["id"] = f"{key}-{attributes['id']}"
    if LINK in attributes:
        attributes["href"] = f"#{key}-{attributes.pop(LINK).removeprefix('#')}"
    for name, value in attributes.items():
        if "url(#" in value:
            attributes[name] = value.replace("url(#", f"url(#{key}-")
