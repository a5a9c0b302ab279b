"""Whether files can be written at a place, asked before the work and not after it."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from incentive_opt.errors import InputError, Problem

ANOTHER = "Name another place with --out."
A_COPY = "Copy the run folder to a place where you may write, and give that."


def no_room(target: str | Path, remedy: str = ANOTHER, file: bool = False) -> list[Problem]:
    """The problem with a place where nothing can be written; nothing where files can be.

    What the system allows is tried, not read from permissions, which say little of a read-only disk or of a
    folder that the system keeps: the folders that are missing are made, a file in them too, and all of it is
    removed again.

    Parameters
    ----------
    target : str or Path
        The folder for the files, or the file.
    remedy : str
        What to do, where nothing can be written.
    file : bool
        Whether the target is a file; then its folder is tried.
    """
    path = Path(target)
    if file and os.path.exists(path) and not os.path.isfile(path):
        expected = f"the name of a file; this is {what_it_is(path)}"
        return [Problem(str(path), "", "", expected, remedy)]
    why = _why_not(path.parent if file else path)
    if not why:
        return []
    return [Problem(str(path), "", "", f"a place where files can be written; {why}", remedy)]


def need_room(target: str | Path, remedy: str = ANOTHER, file: bool = False) -> None:
    """Raise InputError where nothing can be written at a place; see ``no_room``."""
    if problems := no_room(target, remedy, file):
        raise InputError(problems)


def what_it_is(path: Path) -> str:
    """What stands at a place, in words."""
    if path.is_dir():
        return "a folder"
    if path.is_file():
        return "a file"
    return "a device" if path.is_char_device() or path.is_block_device() else "neither a file nor a folder"


def _why_not(folder: Path) -> str:
    """Why no file can be made in a folder, which may be missing itself; empty where one can."""
    made: list[Path] = []
    try:
        for at in (*reversed(folder.parents), folder):
            if not at.is_dir():
                if at.exists():
                    return f"{at} is {what_it_is(at)}, no folder"
                try:
                    at.mkdir()
                except OSError as error:
                    return f"{at} cannot be made ({error.strerror})"
                made.append(at)
        _try_a_file(folder)
    except OSError as error:
        return f"no file can be made in {folder} ({error.strerror})"
    finally:
        for one in reversed(made):
            with suppress(OSError):
                one.rmdir()
    return ""


def _try_a_file(folder: Path) -> None:
    """Make a file and remove it, under a name like those of files that are being written."""
    probe = folder / f".{secrets.token_hex(4)}.part"
    handle = os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    os.close(handle)
    probe.unlink(missing_ok=True)  # a batch that begins in the folder clears what looks half written
