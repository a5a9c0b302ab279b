"""What a failure means to the person at the terminal: a message and an exit code."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from typing import Any

import click

from incentive_opt.errors import InputError, NoDesign

ASKED_FOR = "what was asked for"
"""The file named in problems with arguments that came from no file."""
DONE, BUG, BAD_INPUT, NO_DESIGN, INTERRUPTED = 0, 1, 2, 3, 130


def report(error: BaseException, as_json: bool, debug: bool) -> int:
    """Tell of an error: words on stderr and, with ``--json``, one document on stdout.

    Returns
    -------
    int
        The exit code.
    """
    if isinstance(error, SystemExit):
        return _code_of(error)
    if isinstance(error, BrokenPipeError):
        _silence_stdout()
        return BUG
    if isinstance(error, InputError):
        error = _as_typed(error)
    code, kind, message = _meaning(error)
    problems = [dataclasses.asdict(problem) for problem in getattr(error, "problems", [])]
    if as_json:
        document = {"error": {"kind": kind, "exit_code": code, "message": message, "problems": problems}}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    click.echo(_without_controls(message), err=True)
    if debug and not isinstance(error, click.ClickException | KeyboardInterrupt | click.Abort):
        import traceback

        traceback.print_exception(error)
    return code


def _as_typed(error: InputError) -> InputError:
    """The same problems, those with what was asked for named as the options that were typed."""
    return InputError([
        dataclasses.replace(problem, file="command line", where=f"--{problem.where.replace(' ', '-')}")
        if problem.file == ASKED_FOR else problem
        for problem in error.problems
    ])  # fmt: skip


def _meaning(error: BaseException) -> tuple[int, str, str]:
    """Exit code, kind and message of an error."""
    if isinstance(error, InputError):
        return BAD_INPUT, "input", str(error)
    if isinstance(error, NoDesign):
        return NO_DESIGN, "no_design", f"There is no design: {error}"
    if isinstance(error, click.ClickException):
        return error.exit_code, "usage", _usage_message(error)
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return INTERRUPTED, "interrupted", "Interrupted."
    if isinstance(error, MemoryError):
        return BUG, "memory", "There is not enough memory for a problem of this size."
    if isinstance(error, OSError):
        about = f" ({error.filename})" if error.filename else ""
        return BUG, "system", f"The system refused: {error.strerror or error}{about}."
    remedy = "This is a bug, please report it; the same command with --debug shows where it happened."
    return BUG, "bug", f"{type(error).__name__}: {error}\n{remedy}"


def _usage_message(error: click.ClickException) -> str:
    context: Any = getattr(error, "ctx", None)
    if context is None:
        return f"Error: {error.format_message()}"
    return f"{context.get_usage()}\nError: {error.format_message()}\nHelp: {context.command_path} --help"


def _code_of(error: SystemExit) -> int:
    if error.code is None:
        return DONE
    if isinstance(error.code, int):
        return error.code
    click.echo(error.code, err=True)
    return BUG


def _silence_stdout() -> None:
    """The reader of a pipe went away: say no more, also not when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _without_controls(text: str) -> str:
    return "".join(character for character in text if character.isprintable() or character in "\n\t")
