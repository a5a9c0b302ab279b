"""cli.py, the start from a checkout: what can be tested without a package index."""

from __future__ import annotations

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAST_THE_DOOR = """
import sys
def main():
    print(" ".join(sys.argv[1:]))
    return 7
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with nothing to install, whose command repeats its words and ends with code 7."""
    shutil.copy(ROOT / "cli.py", tmp_path)
    for name in ("requirements/runtime.txt", "requirements/development.txt", "incentive_opt/cli/main.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / "requirements/development.txt").write_text("# more\n", encoding="utf-8")
    (tmp_path / "incentive_opt/cli/main.py").write_text(PAST_THE_DOOR, encoding="utf-8")
    return tmp_path


@pytest.fixture
def bootstrap(checkout: Path) -> ModuleType:
    """The module cli.py of that checkout."""
    description = importlib.util.spec_from_file_location("bootstrap_under_test", checkout / "cli.py")
    assert description is not None
    assert description.loader is not None
    module = importlib.util.module_from_spec(description)
    description.loader.exec_module(module)
    return module


class Steps:
    """Stands in for the steps of a set-up: notes them, and fails where told to."""

    def __init__(self, bootstrap: ModuleType, failing: tuple[str, ...] = ()) -> None:
        self.python = Path(bootstrap.PYTHON)
        self.failing = failing
        self.seen: list[str] = []

    def __call__(self, words: list[str]) -> bool:
        name = words[0]
        self.seen.append(name)
        if name.startswith("make") and name not in self.failing:
            self.python.parent.mkdir(parents=True, exist_ok=True)
            self.python.write_text("", encoding="utf-8")
        return name not in self.failing


def pretend(
    bootstrap: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    ways: tuple[str, ...],
    failing: tuple[str, ...] = (),
) -> Steps:
    """Put pretended installers in the place of uv and pip."""
    steps = Steps(bootstrap, failing)
    monkeypatch.setattr(bootstrap, "run", steps)
    monkeypatch.setattr(bootstrap, "link", lambda: None)
    monkeypatch.setattr(
        bootstrap, "installers", lambda: [(way, [f"make {way}"], [f"fill {way}"]) for way in ways]
    )
    return steps


def test_old_python_can_read_it() -> None:
    """Python 3.6 can parse the file, so that it can say what it needs."""
    ast.parse((ROOT / "cli.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_it_needs_only_the_standard_library() -> None:
    """The start imports nothing that would have to be installed first."""
    tree = ast.walk(ast.parse((ROOT / "cli.py").read_text(encoding="utf-8")))
    names = {alias.name for node in tree if isinstance(node, ast.Import) for alias in node.names}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names
    assert "subprocess" in names


@pytest.mark.parametrize("version", [(3, 6, 0), (3, 10, 4), (4, 0, 0)])
def test_unsuitable_python_is_named(
    bootstrap: ModuleType,
    version: tuple[int, int, int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A Python that does not fit is told so on stderr, with the versions that do."""
    monkeypatch.setattr(sys, "version_info", version)
    assert bootstrap.main(["demo"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "3.11, 3.12 or 3.13" in said.err
    assert f"{version[0]}.{version[1]}" in said.err


def test_bare_debian_is_told_what_to_install(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With neither uv nor ensurepip, the message names the one package to install."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    monkeypatch.setattr(
        bootstrap.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else find_spec(name)
    )
    assert bootstrap.main(["demo"]) == 1
    assert "apt install python3-venv" in capsys.readouterr().err


def test_uv_goes_first(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where uv is on the path it is tried first, then pip."""
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: "uv")
    assert next(name for name, _, _ in bootstrap.installers()) == "uv"


def test_set_up_runs_once(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second start finds everything ready."""
    steps = pretend(bootstrap, monkeypatch, ("uv",))
    bootstrap.set_up("runtime")
    bootstrap.set_up("runtime")
    assert steps.seen == ["make uv", "fill uv"]


def test_development_is_enough_for_running(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests add to the environment for running; running asks no more of the one for tests."""
    steps = pretend(bootstrap, monkeypatch, ("uv",))
    for kind in ("runtime", "development", "runtime"):
        bootstrap.set_up(kind)
    assert steps.seen == ["make uv", "fill uv", "fill uv"]


def test_changed_pins_are_installed(
    bootstrap: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed requirements file is noticed and installed."""
    steps = pretend(bootstrap, monkeypatch, ("uv",))
    bootstrap.set_up("runtime")
    (checkout / "requirements/runtime.txt").write_text("# changed\n", encoding="utf-8")
    bootstrap.set_up("runtime")
    assert steps.seen == ["make uv", "fill uv", "fill uv"]
    assert bootstrap.is_ready("runtime")


def test_next_way_is_tried(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where uv does not reach the index, pip may."""
    steps = pretend(bootstrap, monkeypatch, ("uv", "pip"), failing=("fill uv",))
    bootstrap.set_up("runtime")
    assert steps.seen == ["make uv", "fill uv", "make pip", "fill pip"]


def test_interrupted_set_up_starts_afresh(
    bootstrap: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an interrupted set-up left is thrown away, because nobody knows what is missing in it."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    steps = pretend(bootstrap, monkeypatch, ("uv",))
    monkeypatch.setattr(bootstrap, "link", interrupted)
    assert bootstrap.main(["demo"]) == 130
    half = checkout / ".venv" / "half-installed"
    half.write_text("", encoding="utf-8")
    monkeypatch.setattr(bootstrap, "link", lambda: None)
    bootstrap.set_up("runtime")
    assert steps.seen == ["make uv", "fill uv", "make uv", "fill uv"]
    assert not half.exists()


def test_failure_is_not_taken_for_success(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """When no way works the code is 1 and the next start tries again."""
    pretend(bootstrap, monkeypatch, ("uv", "pip"), failing=("fill uv", "fill pip"))
    assert bootstrap.main(["demo"]) == 1
    assert not bootstrap.is_ready("runtime")


def test_somebody_elses_environment_is_never_emptied(
    bootstrap: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An environment that was there before is added to; if that fails it stays."""
    steps = pretend(bootstrap, monkeypatch, ("uv",), failing=("fill uv",))
    steps(["make theirs"])
    assert bootstrap.main(["demo"]) == 1
    assert bootstrap.main(["demo"]) == 1
    assert steps.seen == ["make theirs", "fill uv", "fill uv"]
    assert Path(bootstrap.PYTHON).exists()


@pytest.mark.skipif(os.name == "nt", reason="starts processes the POSIX way")
def test_two_starts_do_not_clash(checkout: Path) -> None:
    """Of two starts at the same time one sets up; the other waits and uses it."""
    program = f"""
import sys, time
sys.path.insert(0, {str(checkout)!r})
import cli
def run(words):
    with open(cli.ROOT + "/log", "a") as log:
        log.write(words[0] + " begins\\n")
    time.sleep(0.3)
    if words[0] == "make":
        import os
        os.makedirs(os.path.dirname(cli.PYTHON), exist_ok=True)
        open(cli.PYTHON, "w").close()
    with open(cli.ROOT + "/log", "a") as log:
        log.write(words[0] + " ends\\n")
    return True
cli.run, cli.link = run, lambda: None
cli.installers = lambda: [("uv", ["make"], ["fill"])]
cli.set_up("runtime")
"""
    starts = [subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL) for _ in range(2)]
    assert [start.wait(30) for start in starts] == [0, 0]
    log = (checkout / "log").read_text(encoding="utf-8").split("\n")
    assert log == ["make begins", "make ends", "fill begins", "fill ends", ""]


@pytest.mark.skipif(os.name == "nt", reason="locks of POSIX")
def test_a_step_that_outlives_its_start_keeps_the_lock(checkout: Path) -> None:
    """After a kill in the middle, the next start waits for the installer that still writes."""
    step = "import time; print('step', flush=True); time.sleep(1); open('step-ended', 'w').close()"
    begin = f"import sys, cli\nwith cli.only_one():\n    cli.run([sys.executable, '-c', {step!r}])"
    follow = "import cli, os\nwith cli.only_one():\n    print(os.path.exists('step-ended'))"
    with subprocess.Popen(
        [sys.executable, "-c", begin], cwd=checkout, stderr=subprocess.PIPE, text=True
    ) as killed:
        assert killed.stderr is not None
        assert killed.stderr.readline() == "step\n"
        killed.kill()
        killed.wait(30)
        done = subprocess.run(
            [sys.executable, "-c", follow], cwd=checkout, capture_output=True, text=True, check=True
        )
    assert done.stdout == "True\n"


@pytest.mark.skipif(os.name == "nt", reason="the command becomes the process only on POSIX")
def test_from_nothing_to_the_command(checkout: Path) -> None:
    """The real thing with nothing to install: words go in, output and exit code come out, twice."""
    start = [sys.executable, str(checkout / "cli.py"), "solve", "two words", "--json"]
    without_uv = {**os.environ, "PATH": os.defpath}
    for lines_on_stderr in (2, 0):
        done = subprocess.run(
            start, cwd=checkout.parent, env=without_uv, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (7, "solve two words --json\n"), done.stderr
        own = [line for line in done.stderr.splitlines() if line.startswith("incentive-opt:")]
        assert len(own) == lines_on_stderr


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_interrupt_reaches_the_command(bootstrap: ModuleType, checkout: Path) -> None:
    """Ctrl-C is the command's own: it may tidy up and choose its exit code."""
    patient = (
        "import time\nprint('here', flush=True)\ntry:\n    time.sleep(30)\n"
        "except KeyboardInterrupt:\n    raise SystemExit(9)"
    )
    hand = f"import sys; sys.path.insert(0, {str(checkout)!r}); import cli; cli.hand_over(sys.argv[1:])"
    words = [sys.executable, "-c", hand, sys.executable, "-c", patient]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "here\n"
        time.sleep(0.1)
        child.send_signal(2)
        assert child.wait(30) == 9


def environment_of(owner: Path, home: Path) -> Path:
    """An environment that was set up for a checkout: a Python, and the path of the checkout."""
    path = home / "lib" / "python3.11" / "site-packages" / "incentive_opt.pth"
    path.parent.mkdir(parents=True)
    path.write_text(f"{owner}\n", encoding="utf-8")
    (home / "bin").mkdir()
    (home / "bin" / "python").write_text("", encoding="utf-8")
    (home / "incentive-opt.stamp").write_text("runtime of another place", encoding="utf-8")
    return home


def content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.skipif(os.name == "nt", reason="links of POSIX")
@pytest.mark.parametrize("linked", [True, False])
def test_the_environment_of_another_checkout_is_left_alone(
    bootstrap: ModuleType,
    checkout: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    linked: bool,
) -> None:
    """A link to it, or a copy of it, is refused in words, and not a byte is changed."""
    other = tmp_path_factory.mktemp("other")
    (other / "cli.py").write_text("", encoding="utf-8")
    home = environment_of(other, other / ".venv" if linked else checkout / ".venv")
    if linked:
        (checkout / ".venv").symlink_to(home)
    before = content(home)
    steps = pretend(bootstrap, monkeypatch, ("uv",))
    assert bootstrap.main(["demo"]) == 1
    said = capsys.readouterr().err
    assert str(other) in said
    assert "Remove" in said
    assert ("is a link" in said) == linked
    assert steps.seen == []
    assert content(home) == before


@pytest.mark.skipif(os.name == "nt", reason="links of POSIX")
def test_a_link_to_an_unknown_environment_is_left_alone(
    bootstrap: ModuleType,
    checkout: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where nobody knows whose it is, or it leads nowhere."""
    home = tmp_path_factory.mktemp("unknown")
    steps = pretend(bootstrap, monkeypatch, ("uv",))
    (checkout / ".venv").symlink_to(home)
    assert bootstrap.main(["demo"]) == 1
    home.rmdir()
    assert bootstrap.main(["demo"]) == 1
    assert steps.seen == []


def test_a_checkout_that_moved_is_set_up_again(
    bootstrap: ModuleType, checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the checkout it was made for is gone, the environment is its own."""
    environment_of(tmp_path / "gone", checkout / ".venv")
    steps = pretend(bootstrap, monkeypatch, ("uv",))
    bootstrap.set_up("runtime")
    assert steps.seen == ["fill uv"]
    assert bootstrap.is_ready("runtime")


@pytest.mark.skipif(os.name == "nt", reason="links of POSIX")
def test_its_own_environment_behind_a_link_is_used(
    bootstrap: ModuleType,
    checkout: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An environment of this checkout that was put elsewhere is used, and kept up to date."""
    home = environment_of(checkout, tmp_path_factory.mktemp("disk") / "environment")
    (checkout / ".venv").symlink_to(home)
    steps = pretend(bootstrap, monkeypatch, ("uv",))
    bootstrap.set_up("runtime")
    assert steps.seen == ["fill uv"]
    bootstrap.set_up("runtime")
    assert steps.seen == ["fill uv"]
