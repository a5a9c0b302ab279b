"""Reads from the source which module imports which; nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "incentive_opt"


@dataclass(frozen=True)
class Import:
    """One import of ``target`` (a dotted name) in ``module`` at ``line``."""

    module: str
    target: str
    line: int

    def __str__(self) -> str:
        return f"{self.module} imports {self.target} (line {self.line})"


def modules(root: Path) -> dict[str, Path]:
    """Every module of the package under ``root``, by dotted name."""
    found = {}
    for path in sorted((root / PACKAGE).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(root: Path) -> list[Import]:
    """Every import in the package, also those inside functions; submodules are named in full."""
    known = modules(root)
    return [
        Import(name, target, line)
        for name, path in known.items()
        for target, line in _targets(name, path, known)
        if target != name
    ]


def _targets(name: str, path: Path, known: dict[str, Path]) -> Iterator[tuple[str, int]]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            for alias in node.names:
                if (base, alias.name) == (PACKAGE, "__version__"):
                    continue  # a constant that everyone may know
                full = f"{base}.{alias.name}"
                yield (full if full in known else base), node.lineno


def part(module: str) -> str:
    """The part of the package that a module belongs to: ``incentive_opt.pricing.highs`` -> ``pricing``."""
    names = module.split(".")
    return names[1] if len(names) > 1 else "__init__"
