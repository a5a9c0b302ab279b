"""A command group that imports a command only when it runs, and turns errors into exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from incentive_opt.cli.completion import asked, offer_names
from incentive_opt.cli.failures import report
from incentive_opt.cli.numbers import meant_among
from incentive_opt.cli.pipes import outlive_readers
from incentive_opt.cli.streams import flush, prepare


@dataclass(frozen=True)
class Entry:
    """Where a command lives (``module:attribute``), what the overview says of it, and how it is typed."""

    home: str
    help: str
    examples: tuple[str, ...] = ()

    @property
    def epilog(self) -> str:
        """The examples, as the end of the command's help."""
        return "\n".join(("\b", "Examples:" if len(self.examples) > 1 else "Example:",
                          *(f"  {example}" for example in self.examples)))  # fmt: skip


class LazyGroup(click.Group):
    """Commands by name; ``--help`` of the group imports none of them."""

    def __init__(self, *arguments: Any, entries: dict[str, Entry], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        return [*self.entries, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = entry.home.partition(":")
        try:
            command = getattr(import_module(module), attribute)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
            raise click.UsageError(f"The command {cmd_name!r} is not part of this version.") from error
        assert isinstance(command, click.Command)
        if entry.examples and not command.epilog:
            command.epilog = entry.epilog
        return offer_names(command) if asked() else command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Like click's, with a guess at what was meant."""
        if args and args[0] not in self.entries and not args[0].startswith("-"):
            ctx.fail(f"There is no command {args[0]!r}. {meant_among(args[0], self.entries)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The overview, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.entries.items()])

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command; in standalone mode, exit with the code that says how it went."""
        words = list(sys.argv[1:] if args is None else args)
        own = words[: words.index("--")] if "--" in words else words
        debug, as_json = "--debug" in own, "--json" in own
        words = [word for word in own if word != "--debug"] + words[len(own) :]
        if not standalone_mode:
            return super().main(words, prog_name, complete_var, False, **extra)
        prepare()
        outlive_readers()
        try:
            result = super().main(words, prog_name, complete_var, False, **extra)
            sys.stdout.flush()
        except BaseException as error:
            code = report(error, as_json=as_json, debug=debug)
            flush()
            sys.exit(code)
        sys.exit(result if type(result) is int else 0)
