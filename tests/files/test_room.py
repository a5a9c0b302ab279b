"""Places where files can be written, and what is said of others."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from incentive_opt.errors import InputError
from incentive_opt.files import room
from incentive_opt.files.room import need_room, no_room


def said(target: Path, **options: bool) -> str:
    """What is said of a place; empty where nothing is."""
    return " ".join(map(str, no_room(target, **options)))


def test_nothing_is_left_of_what_was_tried(tmp_path: Path) -> None:
    """Folders that are missing can be made, and are not; what was there stays."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.txt").write_text("a", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    for place in (tmp_path / "a" / "b" / "c", tmp_path / "mine", tmp_path / "mine" / "new"):
        assert no_room(place) == []
        assert no_room(place / "x.html", file=True) == []
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    """It is named, wherever it stands above the place; a folder in place of a file likewise."""
    file = tmp_path / "notes"
    file.write_text("", encoding="utf-8")
    for place, options in ((file, {}), (file / "run", {}), (file / "x.html", {"file": True})):
        words = said(place, **options)
        assert words.startswith(f"{place}; expected a place where files can be written")
        assert f"{file} is a file, no folder" in words
        assert "--out" in words
    assert "this is a folder" in said(tmp_path, file=True)


def test_what_the_system_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that takes no file: which, why, what to do; and folders made on the way are gone again."""

    def refuse(folder: Path) -> None:
        assert folder.is_dir()
        raise PermissionError(13, "Permission denied", str(folder / ".1.part"))

    monkeypatch.setattr(room, "_try_a_file", refuse)
    place = tmp_path / "a" / "b"
    with pytest.raises(InputError, match="Give another") as caught:
        need_room(place, "Give another.")
    assert f"no file can be made in {place} (Permission denied)" in str(caught.value)
    assert ".part" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    """Half of the folders could be made; none stays."""
    words = said(tmp_path / "a" / ("b" * 1000))
    assert "File name too long" in words
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no such folder")
def test_a_folder_of_the_system() -> None:
    """Permissions let an administrator write there, the system lets nobody."""
    assert "/proc/nope cannot be made" in said(Path("/proc/nope/x"))
    assert "is a device" in said(Path("/dev/full"))
