"""What the shell's Tab key offers: names of what ships, and what lies in the folder."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    ParamType = click.ParamType[Any]
else:  # older versions of click have no types in brackets
    ParamType = click.ParamType

SWITCH = "_INCENTIVE_OPT_COMPLETE"
"""The variable in which a shell asks."""


def asked() -> bool:
    """Whether a shell asks for words, instead of somebody for a command to run."""
    return SWITCH in os.environ


def offer_names(command: click.Command) -> click.Command:
    """A copy of the command, with names offered for its instances, models, contracts and designs."""
    command = copy.copy(command)
    command.params = [copy.copy(param) for param in command.params]
    for param in command.params:
        if kinds := kinds_of(param):
            param.type = Offered(param.type, kinds)
    return command


def kinds_of(param: click.Parameter) -> tuple[Callable[[str], Iterable[str]], ...]:
    """What an argument or option may be given: instances, models, contracts, designs; or none of these."""
    if isinstance(param, click.Option) and param.is_flag:
        return ()
    if (param.name, param.metavar) == ("name", None):  # whatever `show` knows
        return instances, models, designs
    words = f"{param.name} {param.metavar or ''}".upper()
    return tuple(names for word, names in KINDS.items() if word in words)


class Offered(ParamType):
    """A type like another one, which offers names and, beside them, files.

    Parameters
    ----------
    like : click.ParamType
        What reads the words.
    kinds : tuple of functions
        Each says what is offered for the beginning of a word.
    """

    name = "name"

    def __init__(self, like: Any, kinds: tuple[Callable[[str], Iterable[str]], ...]) -> None:
        self.like = like
        self.kinds = kinds

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """As the other type does."""
        return self.like.convert(value, param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Names that begin so; files where none does."""
        from click.shell_completion import CompletionItem

        offered = [name for names in self.kinds for name in names(incomplete)]
        fitting = [name for name in offered if name.startswith(incomplete)]
        # In this order: Bash forgets the words that came before a request for files.
        return [CompletionItem(incomplete, type="file"), *(CompletionItem(name) for name in fitting)]


def instances(incomplete: str) -> list[str]:
    """Instances that ship, and folders here that hold one."""
    from incentive_opt.files.library import shipped_instances

    return [*shipped_instances(), *_holding("instance.toml", incomplete)]


def models(incomplete: str) -> list[str]:
    """Payment models that ship; after a ``+`` or a comma, one more."""
    from incentive_opt.files.library import shipped_models

    cut = max(incomplete.rfind("+"), incomplete.rfind(",")) + 1
    return [incomplete[:cut] + name for name in shipped_models()]


def contracts(incomplete: str) -> list[str]:
    """The contract in force, and folders of designs."""
    return ["status_quo", *designs(incomplete)]


def designs(incomplete: str) -> list[str]:
    """Folders here that hold a design."""
    return _holding("design.json", incomplete)


def _holding(file: str, incomplete: str) -> list[str]:
    """Folders beside what was typed that hold a file, and those next below."""
    beside = incomplete[: incomplete.rfind("/") + 1]
    try:
        found = [*Path(beside or ".").glob(f"*/{file}"), *Path(beside or ".").glob(f"*/*/{file}")]
    except OSError:
        return []
    folders = sorted(os.path.relpath(path.parent, beside or ".") for path in found)
    # A line break in a name would be taken for two words.
    return [beside + folder for folder in folders if folder.isprintable() and not folder.startswith(".")]


KINDS: dict[str, Callable[[str], Iterable[str]]] = {
    "CONTRACT": contracts,
    "MODEL": models,
    "INSTANCE": instances,
    "DESIGN": designs,
}
"""By a word in the name of an argument or option, or in what the help calls it."""
