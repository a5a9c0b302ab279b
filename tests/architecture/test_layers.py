"""The directions of dependency, read from the imports."""

from __future__ import annotations

import graphlib
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture.imports import PACKAGE, Import, imports, modules, part

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Layer:
    """What a part of the package may import: parts of the package, and packages of others."""

    parts: frozenset[str]
    others: frozenset[str]


def layer(parts: str, others: str = "") -> Layer:
    return Layer(frozenset(parts.split()), frozenset(others.split()))


EVERY_PART = (
    "errors parallel partner signs domain files attainment other_lines pools payment foreseen sums pricing "
    "formulation expected_shares certify solve simulate evaluate outside validate robust compare frontier "
    "explain sensitivity report batch"
)

# A new part gets a line here, and a reason in the change that adds it.
LAYERS = {
    "errors": layer(""),
    "parallel": layer(""),
    "partner": layer(""),
    # Numbers in words, wherever they are shown.
    "signs": layer(""),
    "domain": layer("errors"),
    "files": layer("errors domain", "pydantic pydantic_core"),
    "attainment": layer("domain"),
    "other_lines": layer("domain attainment"),
    # Sums shared by what each closed; over all practices, for whoever shows or checks it.
    "pools": layer("domain attainment"),
    "payment": layer("errors domain attainment other_lines pools", "numpy"),
    # What the optimiser leaves out of a year: estimated for a design, with nothing of the simulator.
    "foreseen": layer("parallel domain payment", "numpy scipy"),
    # What practices do, over all of them: for whoever shows it.
    "sums": layer("domain payment"),
    "pricing": layer("errors parallel partner", "numpy scipy highspy casadi"),
    "formulation": layer("errors parallel domain pricing", "pyomo numpy scipy"),
    # A price that practices' answers settle: asked of the formulation, counted by plain arithmetic.
    "expected_shares": layer("domain formulation pools"),
    "certify": layer("errors parallel domain attainment pools payment foreseen", "numpy scipy"),
    "calibrate": layer("errors domain payment certify"),
    "solve": layer(
        "errors parallel domain files pools payment foreseen sums pricing formulation certify", "numpy pandas"
    ),
    # The simulator reads the instance and nothing of the optimiser; it has linear programs of its own.
    "simulate": layer("errors domain", "numpy numba highspy"),
    # A payer's own contract is held against the optimiser's answer and the simulator's.
    "evaluate": layer(
        "errors signs domain files payment pools formulation expected_shares certify solve simulate", "numpy"
    ),
    # Other simulators answer in the files and quantities of our own.
    "outside": layer("errors domain files simulate", "numpy"),
    # Designs of several payment models, put side by side.
    "compare": layer("errors domain files payment sums formulation certify solve"),
    # Designs of one payment model at many budgets, with a picture.
    "frontier": layer("errors domain files payment formulation solve report"),
    # A design where numbers of its instance are other than the files say.
    "sensitivity": layer(
        "errors parallel partner domain files payment pricing formulation expected_shares certify solve",
        "numpy scipy",
    ),
    # Why there is no design, and what binds in one: searches with limits moved.
    "explain": layer("errors domain files pricing formulation certify solve", "numpy scipy"),
    # Promises of a design, held against the simulator.
    # Joins the two models that otherwise know nothing of each other.
    "robust": layer("errors domain files solve validate"),
    "validate": layer("errors signs domain files payment sums certify simulate", "numpy"),
    # A design for people to read, from its run folder.
    "report": layer(
        "__init__ errors signs domain files payment pools sums certify",
        "jinja2 markupsafe matplotlib xlsxwriter",
    ),
    # Many designs: whatever is done with one design can be done in its workers.
    "batch": layer(
        "errors parallel signs domain files formulation certify solve validate compare",
        "pydantic pydantic_core duckdb distributed jinja2 markupsafe xlsxwriter",
    ),
    "cli": layer(f"{EVERY_PART} __init__", "click rich pandas numpy pydantic"),
    "__init__": layer(EVERY_PART),
    "__main__": layer("cli"),
}


def trespasses(found: list[Import], layers: dict[str, Layer]) -> list[str]:
    """Imports that the table does not allow."""
    wrong = []
    for item in found:
        allowed = layers[part(item.module)]
        top = item.target.split(".")[0]
        if top == PACKAGE:
            target = part(item.target)
            fine = target == part(item.module) or target in allowed.parts
        else:
            fine = top in sys.stdlib_module_names or top in allowed.others
        if not fine:
            wrong.append(str(item))
    return wrong


def chain(found: list[Import]) -> tuple[str, ...]:
    """The modules of a cycle of imports, or nothing."""
    graph: dict[str, set[str]] = {}
    for item in found:
        if item.target.split(".")[0] == PACKAGE and item.module != PACKAGE:  # the top loads on first use
            graph.setdefault(item.module, set()).add(item.target)
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as cycle:
        return tuple(cycle.args[1])
    return ()


def test_every_part_has_a_layer() -> None:
    """A part of the package that the table does not know has no place yet."""
    assert {part(name) for name in modules(ROOT)} - set(LAYERS) == set()


def test_imports_point_the_right_way() -> None:
    """No part imports what the table does not allow it."""
    assert trespasses(imports(ROOT), LAYERS) == []


def test_formulation_knows_only_the_pricing_problem() -> None:
    """The formulation makes a pricing problem and knows nothing about how it is solved."""
    seen = {
        i.target for i in imports(ROOT) if part(i.module) == "formulation" and part(i.target) == "pricing"
    }
    assert seen <= {f"{PACKAGE}.pricing.problem"}


def test_no_cycle() -> None:
    """No module imports itself by a detour."""
    assert chain(imports(ROOT)) == ()


def test_modules_are_loaded_by_name_only_at_the_top() -> None:
    """Imports by string, which this test cannot see, are left to the command line and the top."""
    hidden = [
        str(i) for i in imports(ROOT) if i.target == "importlib" and part(i.module) not in {"cli", "__init__"}
    ]
    assert hidden == []


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("pricing/ascent.py", "import incentive_opt.domain.instance"),
        ("pricing/ascent.py", "from .. import domain"),
        ("pricing/ascent.py", "import pyomo.environ"),
        ("certify.py", "def late():\n    from incentive_opt.formulation import compile_instance"),
        ("domain/__init__.py", "from ..cli.main import main"),
    ],
)
def test_a_wrong_import_is_seen(tmp_path: Path, where: str, line: str) -> None:
    """The check itself finds absolute, relative, foreign and hidden imports."""
    for name in ("domain/instance.py", "domain/__init__.py", "cli/main.py", where):
        path = tmp_path / PACKAGE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
    (tmp_path / PACKAGE / where).write_text(line, encoding="utf-8")
    assert len(trespasses(imports(tmp_path), LAYERS)) == 1


def test_a_cycle_is_seen(tmp_path: Path) -> None:
    """The check itself finds a cycle."""
    folder = tmp_path / PACKAGE / "domain"
    folder.mkdir(parents=True)
    (folder / "a.py").write_text("from incentive_opt.domain import b", encoding="utf-8")
    (folder / "b.py").write_text("from .a import thing", encoding="utf-8")
    assert set(chain(imports(tmp_path))) == {f"{PACKAGE}.domain.a", f"{PACKAGE}.domain.b"}
