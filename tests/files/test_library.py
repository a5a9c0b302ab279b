"""Finding what ships: by name, by path, in a checkout and inside an installed package."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import incentive_opt
from incentive_opt.errors import InputError
from incentive_opt.files.library import find_instance, find_model, shipped_instances
from tests.conftest import write_small_instance

PACKAGE = Path(incentive_opt.__file__).parent


def test_shipped_names_are_found() -> None:
    """Every instance that ships is found by its name."""
    shipped = shipped_instances()
    assert "two_practices" in shipped
    assert all(find_instance(name) == folder for name, folder in shipped.items())


def test_paths_are_found(small_instance: Path, small_model: Path) -> None:
    """A folder, its instance.toml and a model file are found by path."""
    assert find_instance(small_instance) == small_instance
    assert find_instance(small_instance / "instance.toml") == small_instance
    assert find_model(small_model) == small_model


def test_a_folder_without_an_instance_does_not_hide_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An output folder that is called like a shipped instance is passed over."""
    (tmp_path / "two_practices").mkdir()
    monkeypatch.chdir(tmp_path)
    assert find_instance("two_practices") == shipped_instances()["two_practices"]


def test_an_unknown_name_is_guessed_at() -> None:
    """The message holds the nearest name and all that ship."""
    with pytest.raises(InputError, match=r"Did you mean 'two_practices'\? These ship: .*medicaid_statewide"):
        find_instance("two_practises")
    with pytest.raises(InputError, match=r"Did you mean 'blended'\?"):
        find_model("blendid")


def test_an_empty_path_is_named(tmp_path: Path) -> None:
    """A path with nothing at it, and a folder with something else in it."""
    with pytest.raises(InputError, match="There is nothing at this path"):
        find_instance(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"a folder with an instance\.toml"):
        find_instance(tmp_path)


def test_what_stands_at_a_path_is_told(tmp_path: Path) -> None:
    """A file, a file of an instance, a design and a folder of models are called what they are."""
    (tmp_path / "c.toml").touch()
    with pytest.raises(
        InputError, match=r"c\.toml; expected an instance, which is a folder\. This is a file"
    ):
        find_instance(tmp_path / "c.toml")
    folder = shipped_instances()["two_practices"]
    with pytest.raises(InputError, match=r"This is a file. Give its folder, .*two_practices\."):
        find_instance(folder / "needs.csv")
    (tmp_path / "design.json").touch()
    with pytest.raises(InputError, match=r"This is a design; its instance is in .*instance\."):
        find_instance(tmp_path)
    with pytest.raises(InputError, match=r"the file of a payment model.* This is a folder"):
        find_model(tmp_path)


def test_an_installed_package_carries_its_library(tmp_path: Path) -> None:
    """Inside a package, instances/ and models/ are found before anything beside it."""
    installed = tmp_path / "site" / "incentive_opt"
    shutil.copytree(PACKAGE, installed, ignore=shutil.ignore_patterns("__pycache__"))
    write_small_instance(installed / "instances" / "inside")
    write_small_instance(tmp_path / "site" / "instances" / "beside")
    code = "from incentive_opt.files.library import shipped_instances as s; print(*s())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "site", capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["inside"]
