"""The documentation as a site: `python -m sphinx -E -W -c docs . build/site`, from the top of the repository.

The pages are the Markdown files of the repository where they stand, so every link between them works on a
forge as well. What is generated from the code (commands, Python, formats) comes from `generated.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import generated  # noqa: E402

import incentive_opt  # noqa: E402

project = "incentive-opt"
author = "the contributors of incentive-opt"
version = release = incentive_opt.__version__

extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = [
    "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**.md", "models/README.md", "instances/**README.md",
    "incentive_opt/formulation/README.md",
]  # fmt: skip
exclude_patterns = [".*", "**/.*", "build", "dist", "runs", "tests", "benchmarks"]

myst_heading_anchors = 4
myst_links_external_new_tab = False
highlight_language = "none"

html_theme = "furo"
html_title = "incentive-opt"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_static_path = ["static"]
html_css_files = ["site.css"]
templates_path = ["templates"]
html_additional_pages = {"index": "start.html"}
"""The site opens at its top although its first page stands in docs/."""


def fill(app: Sphinx, name: str, text: list[str]) -> None:
    """Put what is generated from the code in the place of its marker."""
    text[0] = generated.filled(text[0])


def setup(app: Sphinx) -> None:
    """Hook the generated parts in."""
    app.connect("source-read", fill)
    app.add_lexer("csv", TextLexer)
