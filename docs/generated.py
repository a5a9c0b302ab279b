"""Reference pages from the code: commands as click knows them, functions as Python does, formats as read.

A page holds a marker, `<!-- generated: commands -->`; the site has the generated text in its place.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import click

import incentive_opt
from incentive_opt.cli.main import COMMANDS, main
from incentive_opt.cli.units import unit_of
from incentive_opt.files.schema import schema_document

MARKER = re.compile(r"^<!-- generated: (\w+) -->$", re.MULTILINE)
RETURNED = (
    "incentive_opt.solve:Design",
    "incentive_opt.simulate:Simulation",
    "incentive_opt.validate:Validation",
)
"""What the functions give back: module and class."""


def filled(text: str) -> str:
    """A page with its markers replaced."""
    return MARKER.sub(lambda found: PARTS[found[1]](), text)


def commands() -> str:
    """Every command: what it does, how it is typed, its options, examples."""
    return "\n".join(_command(name) for name in COMMANDS)


def _command(name: str) -> str:
    top = click.Context(main, info_name="incentive-opt")
    command = main.get_command(top, name)
    assert command is not None
    context = click.Context(command, info_name=name, parent=top)
    told = inspect.cleandoc(command.help or COMMANDS[name].help).replace("\b\n", "")
    usage = " ".join(["incentive-opt", name, *command.collect_usage_pieces(context)])
    options = [param for param in command.get_params(context) if isinstance(param, click.Option)]
    records = [record for option in options if (record := option.get_help_record(context))]
    rows = [f"| {_code(names)} | {_cell(words)} |" for names, words in records]
    table = ["| option | what it does |", "|---|---|", *rows]
    examples = COMMANDS[name].examples
    return "\n".join([f"## {name}", "", told, "", _fenced(usage), "", *table, "", "For example:", "",
                      _fenced("\n".join(examples)), ""])  # fmt: skip


def functions() -> str:
    """Every function that `incentive_opt` exports, then what the functions give back."""
    names = [name for name in incentive_opt.__all__ if not name.startswith("_")]
    parts = [_described(f"incentive_opt.{name}", getattr(incentive_opt, name), name) for name in names]
    for home in RETURNED:
        module, _, name = home.partition(":")
        found = getattr(__import__(module, fromlist=[name]), name)
        parts.append(_described(f"{module}.{name}", found, name))
    return "\n".join(parts)


def _described(address: str, thing: Any, name: str) -> str:
    from sphinx.ext.napoleon import Config
    from sphinx.ext.napoleon.docstring import NumpyDocstring

    thing = _function_of(thing, name)
    kind = "class" if inspect.isclass(thing) else "function"
    told = str(NumpyDocstring(inspect.getdoc(thing) or "", Config(napoleon_use_ivar=True)))
    signature = "" if kind == "class" else _plain(inspect.signature(thing))
    lines = [f".. py:{kind}:: {address}{signature}", "   :no-index-entry:", "", *_indented(told)]
    if kind == "class":
        lines += [line for member in _members(thing) for line in _indented(_member(*member))]
    return "\n".join([f"## {name}", "", "````{eval-rst}", *lines, "````", ""])


def _function_of(thing: Any, name: str) -> Any:
    """The function of a module that can be called like one."""
    if not inspect.ismodule(thing):
        return thing
    return incentive_opt._simulate if name == "simulate" else getattr(thing, name)


def _plain(signature: inspect.Signature) -> str:
    """A signature with its types as they are written in the code, without quotes around them."""
    return re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(signature))


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    for name, member in vars(kind).items():
        if not name.startswith("_") and (isinstance(member, property) or inspect.isfunction(member)):
            yield name, member


def _member(name: str, member: Any) -> str:
    """A property or method in reStructuredText."""
    told = (inspect.getdoc(member) or "").split("\n\n")[0].replace("\n", " ")
    if isinstance(member, property):
        return f".. py:attribute:: {name}\n   :no-index-entry:\n\n   {told}\n"
    return f".. py:method:: {name}{_plain(inspect.signature(member))}\n   :no-index-entry:\n\n   {told}\n"


def formats() -> str:
    """Keys of the TOML files and columns of the tables, with types, limits and units."""
    document = schema_document()
    tables = document.pop("tables")
    parts = []
    for file, schema in document.items():
        rows = list(_keys(schema, schema, ""))
        parts += [
            f"## {file}",
            "",
            "| key | what stands there | unit | needed |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    for file, columns in tables.items():
        rows = [_column(column) for column in columns]
        parts += [
            f"## {file}",
            "",
            "| column | what stands there | unit | needed |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    return "\n".join(parts)


def _keys(part: dict[str, Any], whole: dict[str, Any], at: str) -> Iterator[str]:
    """Rows of a table of keys, one for each value of a TOML file."""
    for key, value in part.get("properties", {}).items():
        if key == "source" and at:
            continue
        name, needed = f"{at}{key}", key in part.get("required", [])
        inner = _resolved(value, whole)
        listed = inner.get("type") == "array"
        entry = _resolved(inner.get("items", {}), whole) if listed else inner
        if "properties" in entry:
            if keyed := _by_name(entry, whole):
                yield f"| `{name}.NAME` | {_allowed(keyed)} | {unit_of(f'{name}.NAME')} | no |"
            yield from _keys(entry, whole, f"{name}[]." if listed else f"{name}.")
        elif keyed := _by_name(entry, whole):
            if "properties" in keyed:
                yield from _keys(keyed, whole, f"{name}.NAME.")
            else:
                yield f"| `{name}.NAME` | {_allowed(keyed)} | {unit_of(f'{name}.NAME')} | no |"
        else:
            said = ("a list: " if listed else "") + _allowed(entry)
            yield f"| `{name}` | {said} | {unit_of(name)} | {'yes' if needed else 'no'} |"


def _by_name(entry: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """What stands under each name of a table whose keys are names; empty where they are not."""
    values = [entry.get("additionalProperties"), *entry.get("patternProperties", {}).values()]
    found = next((value for value in values if isinstance(value, dict)), {})
    return _resolved(found, whole)


def _resolved(value: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """A part of a schema with its references followed and "or nothing" left out."""
    for option in value.get("anyOf", []):
        if option.get("type") != "null":
            return _resolved({**{k: v for k, v in value.items() if k != "anyOf"}, **option}, whole)
    if "$ref" in value:
        found = whole["$defs"][value["$ref"].rsplit("/", 1)[-1]]
        return dict(found)
    return value


def _allowed(entry: dict[str, Any]) -> str:
    """A type with its limits, in words."""
    if "const" in entry:
        return f"`{entry['const']}`"
    if "enum" in entry:
        return " or ".join(f"`{choice}`" for choice in entry["enum"])
    kinds = {
        "number": "a number",
        "integer": "a whole number",
        "string": "text",
        "boolean": "`true` or `false`",
    }
    words = [kinds.get(entry.get("type", ""), "a value")]
    for key, said in (("minimum", "at least"), ("exclusiveMinimum", "above"), ("maximum", "at most"),
                      ("exclusiveMaximum", "below")):  # fmt: skip
        if key in entry:
            words.append(f"{said} {_number(entry[key])}")
    return ", ".join(words)


def _column(column: dict[str, Any]) -> str:
    """Row for a column of a table."""
    said = " or ".join(f"`{choice}`" for choice in column.get("choices", [])) or column["kind"]
    if "lowest" in column:
        least = "at least" if column["lowest_is_allowed"] else "above"
        said += f", {least} {_number(column['lowest'])}, at most {_number(column['highest'])}"
    if column.get("refers_to"):
        said += f"; of a {column['refers_to']}"
    needed = "no" if column["optional"] else "yes"
    return f"| `{column['column']}` | {said} | {column.get('unit', '')} | {needed} |"


def _number(value: float) -> str:
    """A limit as people write it; a year keeps its four digits together."""
    return f"{value:,.15g}" if abs(value) >= 10_000 else f"{value:g}"


def _code(words: str) -> str:
    return f"`{words}`".replace("|", "\\|")


def _cell(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|")


def _fenced(text: str) -> str:
    return f"```\n{text}\n```"


def _indented(text: str) -> list[str]:
    return ["   " + line if line else "" for line in text.splitlines()] + [""]


PARTS: dict[str, Callable[[], str]] = {"commands": commands, "functions": functions, "formats": formats}
