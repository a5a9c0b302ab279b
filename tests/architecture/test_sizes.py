"""Files and functions stay short enough to read in one sitting."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 80
SOURCES = sorted((ROOT / "incentive_opt").rglob("*.py"))


def long_functions(source: str) -> list[str]:
    """Functions above the limit; the docstring does not count."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            words = ast.get_docstring(node, clean=False) is not None
            docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if words else 0
            lines = (node.end_lineno or node.lineno) - node.lineno + 1 - docstring
            if lines > LINES_OF_A_FUNCTION:
                found.append(f"{node.name} (line {node.lineno}): {lines} lines")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_source_is_short(path: Path) -> None:
    """No file and no function passes its limit."""
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= LINES_OF_A_FILE
    assert long_functions(source) == []


def test_a_long_function_is_seen() -> None:
    """The check itself counts the lines of a function and leaves its docstring out."""
    body = "\n".join("    x = 1" for _ in range(LINES_OF_A_FUNCTION))
    assert long_functions(f"def f():\n{body}\n") != []
    words = "\n".join("    word" for _ in range(LINES_OF_A_FUNCTION))
    assert long_functions(f'def f():\n    """{words}\n    """\n    return 1\n') == []
