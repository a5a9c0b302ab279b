#!/usr/bin/env python3
"""Set up the environment if there is none, then run `incentive-opt` with the same words.

python3 cli.py demo          is  incentive-opt demo
python3 cli.py test [words]  runs the tests; the words go to pytest

Set-up happens once, in `.venv` beside this file, from the pinned files in `requirements/`, and again
when those change. The package index and the certificates come from the settings of uv or pip on
this machine. This file needs only the standard library and parses on any Python 3.6+.
"""

import contextlib
import glob
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time

OLDEST, NEWEST = (3, 11), (3, 13)
ROOT = os.path.dirname(os.path.abspath(__file__))
HOME = os.path.join(ROOT, ".venv")
STAMP = os.path.join(HOME, "incentive-opt.stamp")
WINDOWS = os.name == "nt"
PYTHON = os.path.join(HOME, "Scripts" if WINDOWS else "bin", "python.exe" if WINDOWS else "python")
UNFINISHED = "not finished"
COMMAND = """#!{python}
import sys

from incentive_opt.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
"""


class SetUpFailed(Exception):
    """Set-up did not end well; the message says what to do."""


def say(text):
    """Progress goes to stderr: stdout belongs to the command."""
    print("incentive-opt:", text, file=sys.stderr, flush=True)


def fingerprint(kind):
    """What the stamp says after a set-up of this kind: the pins, the place and the Python it stands on."""
    digest = hashlib.sha256(os.fsencode(ROOT + os.path.realpath(PYTHON)))
    with open(os.path.join(ROOT, "requirements", kind + ".txt"), "rb") as pins:
        digest.update(pins.read())
    return kind + " " + digest.hexdigest()


def recorded():
    """The stamp's text, or None where set-up has never been here."""
    try:
        with open(STAMP) as stamp:
            return stamp.read()
    except FileNotFoundError:
        return None


def record(text):
    """Write the stamp in one step, so that it is never half there."""
    with open(STAMP + ".new", "w") as stamp:
        stamp.write(text)
    os.replace(STAMP + ".new", STAMP)


def is_ready(kind):
    """Tell whether the environment is there; the development pins contain the runtime pins."""
    enough = [fingerprint("development")] + ([fingerprint("runtime")] if kind == "runtime" else [])
    return recorded() in enough and os.path.exists(PYTHON)


@contextlib.contextmanager
def only_one():
    """Let one set-up run at a time; the system frees the lock when a process dies."""
    os.makedirs(HOME, exist_ok=True)
    with open(os.path.join(HOME, "incentive-opt.lock"), "a+") as lock:
        if WINDOWS:
            import msvcrt

            while True:
                lock.seek(0)
                try:
                    msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
                    break
                except OSError:
                    time.sleep(0.5)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
            os.set_inheritable(lock.fileno(), True)  # a step that outlives a killed start keeps the lock
        yield


def clear():
    """Empty the environment but for the lock, which is held."""
    for name in os.listdir(HOME):
        path = os.path.join(HOME, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif name != "incentive-opt.lock":
            os.remove(path)


def run(words):
    """Run a step of the set-up; its output goes to stderr. Return whether it ended well."""
    unwanted = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")
    environment = {key: value for key, value in os.environ.items() if key not in unwanted}
    return subprocess.call(words, stdout=2, stdin=subprocess.DEVNULL, env=environment, close_fds=False) == 0


def installers():
    """Ways to make an environment and to fill it, best first: (name, make, install)."""
    found = []
    uv = shutil.which("uv")
    if uv:
        make = [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, HOME]
        found.append(("uv", make, [uv, "pip", "install", "--quiet", "--python", PYTHON]))
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        found.append(("pip", [sys.executable, "-m", "venv", HOME], pip))
    if not found:
        raise SetUpFailed(
            "this Python cannot make environments. Install one package and start again:\n"
            "  Debian, Ubuntu:  apt install python3-venv\n"
            "  anywhere else:   uv, from your usual package source"
        )
    return found


def install(kind):
    """Bring exactly the pinned packages into the environment, checked by their hashes."""
    pins = os.path.join(ROOT, "requirements", kind + ".txt")
    exact = ["--require-hashes", "--only-binary", ":all:", "-r", pins]
    before, ways = recorded(), installers()
    if os.path.exists(PYTHON) and before != UNFINISHED:
        if before is not None:
            record(UNFINISHED)
        if any(run(fill + exact) for _, _, fill in ways):
            return
        if before is None:  # somebody's own environment: not ours to empty
            raise SetUpFailed("could not install into the .venv found here; remove it and start again.")
    for name, make, fill in ways:
        clear()
        record(UNFINISHED)
        if run(make) and run(fill + exact):
            return
        say(f"set-up with {name} did not work.")
    raise SetUpFailed("could not install the packages; the reason stands above. The next start tries again.")


def link():
    """Put the checkout on the environment's path and the command beside its Python."""
    ask = [PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = subprocess.check_output(ask, universal_newlines=True).strip()
    with open(os.path.join(packages, "incentive_opt.pth"), "w") as path:
        path.write(ROOT + "\n")
    command = os.path.join(os.path.dirname(PYTHON), "incentive-opt")
    with open(command, "w") as script:
        script.write(COMMAND.format(python=PYTHON))
    os.chmod(command, 0o755)


def made_for():
    """The checkout that the environment here runs, or None where it runs none."""
    for packages in ("lib/python3*/site-packages", "Lib/site-packages"):
        for path in glob.glob(os.path.join(glob.escape(HOME), packages, "incentive_opt.pth")):
            with open(path) as where:
                return where.read().strip()
    return None


def need_our_own():
    """Refuse to change an environment that somebody else may be using: a link, or another checkout's."""
    owner = made_for()
    ours = owner is not None and os.path.realpath(owner) == os.path.realpath(ROOT)
    away = "Remove {} (nothing else is lost) and start again: a new one is set up."
    if os.path.islink(HOME) and not ours:
        of = f", which was set up for {owner}" if owner else ""
        raise SetUpFailed(
            f".venv is a link to {os.path.realpath(HOME)}{of}. What it leads to is not changed from here.\n"
            + away.format("the link " + HOME)
        )
    if owner is not None and not ours and os.path.exists(os.path.join(owner, "cli.py")):
        raise SetUpFailed(
            f".venv was set up for another checkout, {owner}, and is left as it is.\n" + away.format(HOME)
        )


def set_up(kind):
    """Bring the environment to the pins, once."""
    if is_ready(kind):
        return
    need_our_own()
    with only_one():
        if is_ready(kind):  # another start did it while this one waited
            return
        say("setting up in .venv: once, a minute or two.")
        started = time.time()
        install(kind)
        link()
        record(fingerprint(kind))
        say(f"set up in {time.time() - started:.0f} s.")


def hand_over(words):
    """Become the command (on Windows: run it), so that its exit code and Ctrl-C are its own."""
    if not WINDOWS:
        os.execv(words[0], words)
    child = subprocess.Popen(words)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue


def main(words):
    """Set up what the words need, then run them; return the exit code."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        this = ".".join(map(str, sys.version_info[:2]))
        say(f"needs Python 3.11, 3.12 or 3.13; this is {this}. Start it with another: python3.12 cli.py …")
        return 1
    testing = words[:1] == ["test"]
    try:
        set_up("development" if testing else "runtime")
    except SetUpFailed as problem:
        say(str(problem))
        return 1
    except OSError as problem:
        say(f"could not set up: {problem}")
        return 1
    except KeyboardInterrupt:
        say("set-up interrupted; the next start takes it up again.")
        return 130
    sys.stdout.flush()
    if testing:
        os.chdir(ROOT)
        return hand_over([PYTHON, "-m", "pytest", *words[1:]])
    return hand_over([PYTHON, os.path.join(os.path.dirname(PYTHON), "incentive-opt"), *words])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
