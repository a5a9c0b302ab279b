"""A batch's folder: one writer at a time, whole run folders or none, an event log that only grows."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from incentive_opt.batch.order import Order
from incentive_opt.batch.record import DONE, RECORD, Outcome
from incentive_opt.batch.whole import plan_fault, record_fits
from incentive_opt.errors import InputError, Problem
from incentive_opt.files import write_atomically
from incentive_opt.files.room import need_room

BATCH, EVENTS, LOCK, TABLE, SUMMARY = "batch.json", "events.jsonl", "lock", "results.parquet", "summary.html"
RUNS = "runs"
PART, OLD = ".part", ".old"


class Folder:
    """The files of a batch."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    @property
    def runs(self) -> Path:
        """Where run folders stand."""
        return self.path / RUNS

    def check(self) -> None:
        """Raise InputError where a batch would be mixed with other files."""
        remedy = "Name a new folder, or that of an earlier batch."
        expected = ""
        try:
            str(self.path).encode()
        except UnicodeEncodeError:
            shown = str(self.path).encode(errors="replace").decode()
            expected = "a name in UTF-8"
            where = f"{shown}, where the batch should go"
            raise InputError([Problem(where, "", "", expected, remedy)]) from None
        need_room(self.path)
        if (self.path / "instance.toml").exists():
            expected = "a folder of its own; this one holds an instance"
        elif self.path.is_dir() and not self._takes_a_batch():
            expected = "an empty folder or an earlier batch; this one holds other files"
        if expected:
            raise InputError([Problem(f"{self.path}, where the batch should go", "", "", expected, remedy)])

    def _takes_a_batch(self) -> bool:
        own = {BATCH, EVENTS, LOCK, TABLE, SUMMARY, RUNS}
        return (self.path / BATCH).exists() or all(
            entry.name in own or entry.name.startswith(".") for entry in self.path.iterdir()
        )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other batch out until the end of the block, or of this process however it ends.

        Raises
        ------
        InputError
            Where another batch is at work in the folder.
        """
        try:
            import fcntl
        except ModuleNotFoundError as error:
            expected = "Linux or macOS: this system cannot keep a second batch out of a folder"
            raise InputError([Problem(str(self.path), "", "", expected)]) from error
        self.runs.mkdir(parents=True, exist_ok=True)
        with (self.path / LOCK).open("a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                file.seek(0)
                who = file.read(200).strip() or "another process"
                expected, remedy = (
                    "a folder in which no other batch works",
                    "Wait for it, or name another folder.",
                )
                raise InputError([Problem(str(self.path), "", who, expected, remedy)]) from error
            file.truncate(0)
            file.write(f"process {os.getpid()} on {socket.gethostname()} since {_now()}\n")
            file.flush()
            self._clear()
            yield

    def _clear(self) -> None:
        """Remove what a killed batch was writing, and the last line of its log if that is not whole."""
        for entry in self.runs.iterdir():
            if entry.name.startswith(".") and entry.suffix in (PART, OLD):
                shutil.rmtree(entry)
        for entry in self.path.glob(".*.part"):
            entry.unlink(missing_ok=True)
        events = self.path / EVENTS
        if events.exists():
            with events.open("rb+") as file:
                content = file.read()
                file.truncate(content.rfind(b"\n") + 1)

    def event(self, name: str, **fields: object) -> None:
        """Add a line to the event log."""
        line = json.dumps({"time": _now(), "event": name, **fields}, ensure_ascii=False)
        with (self.path / EVENTS).open("ab") as file:
            file.write(line.encode() + b"\n")

    def outcome_of(self, order: Order) -> str:
        """How a task ended earlier; empty where it did not."""
        place = self.runs / order.folder
        found = read_record(place)
        if found.get("key") != order.key or (found["outcome"] == DONE and not _has_design(place)):
            return ""
        return str(found["outcome"])

    def publish(self, order: Order, outcome: Outcome) -> None:
        """Write a run folder with its record: whole or not at all."""
        part = self.runs / f".{order.key}.{secrets.token_hex(4)}{PART}"
        target = self.runs / order.folder
        try:
            part.mkdir(parents=True)
            for file, content in outcome.files.items():
                _write(part / file, content)
            _write(part / RECORD, outcome.record(order.key, order.asked, dict(order.instance.settings)))
            if target.exists():  # it failed earlier
                target.rename(self.runs / f".{order.key}.{secrets.token_hex(4)}{OLD}")
            part.rename(target)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        for old in self.runs.glob(f".{order.key}.*{OLD}"):
            shutil.rmtree(old, ignore_errors=True)

    def write_plan(self, content: Mapping[str, Any]) -> None:
        """Write batch.json."""
        write_atomically(self.path / BATCH, json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n")

    def read_plan(self) -> dict[str, Any]:
        """What batch.json says.

        Raises
        ------
        InputError
            Where it is missing or damaged.
        """
        file = self.path / BATCH
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            if not (found := plan_fault(content)):
                return dict(content)
        except FileNotFoundError:
            found = ""
        except (OSError, ValueError, RecursionError) as error:
            found = str(error)[:80]
        expected = "the folder of a batch, with its batch.json"
        raise InputError([Problem(str(self.path), BATCH, found, expected, "`batch … --out DIR` makes one.")])


def read_record(folder: Path) -> dict[str, Any]:
    """The record in a run folder; nothing where it is missing or damaged."""
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return dict(found) if record_fits(found) else {}
    except (OSError, ValueError, RecursionError):
        return {}


def _has_design(place: Path) -> bool:
    """Whether a run folder still has its design: somebody may have tidied up."""
    try:
        return (place / "design.json").stat().st_size > 0
    except OSError:
        return False


def _write(path: Path, content: bytes) -> None:
    """A file in a folder that nobody reads yet, on the disk for good."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
