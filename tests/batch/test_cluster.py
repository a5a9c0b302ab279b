"""A Dask cluster in place of this machine's processes: the same results, and workers that may die."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from incentive_opt.batch.crew import Certificates, on_cluster
from incentive_opt.batch.folder import Folder
from incentive_opt.batch.plan import plan
from incentive_opt.batch.run import Ended, run_batch
from incentive_opt.batch.runner import Care
from incentive_opt.batch.study import Study, Terms
from incentive_opt.errors import InputError
from tests.batch import fake_worker as fake
from tests.batch.batches import carried_out, events, study_with, untimed
from tests.batch.clusters import cluster
from tests.batch.start_batch import REAL

NONE = Certificates()


def on_it(
    address: str, study: Study, out: Path, care: Care, certificates: Certificates = NONE
) -> dict[str, Any]:
    """A batch on a cluster."""
    orders = plan(study)
    with Folder(out).locked(), on_cluster(address, certificates, care) as crew:
        return run_batch(study, orders, out, crew)


def read(path: Path) -> str:
    """A file's text; nothing while it is not there."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


def ends_soon(number: int) -> bool:
    """Whether a process that is not ours ends within 30 s; whoever adopted it may bury it late."""
    until = time.monotonic() + 30.0
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state in ("Z", "X"):
            return True
        time.sleep(0.1)
    return False


def designs(out: Path) -> dict[str, Any]:
    """Every design.json without what depends on machine and hour."""
    found = {}
    for file in (out / "runs").glob("*/design.json"):
        design = json.loads(file.read_text(encoding="utf-8"))
        for name in ("seconds", "seconds_by_phase", "share_outside_solver"):
            del design["provenance"][name]
        found[file.parent.name] = design
    return found


@pytest.mark.slow
def test_one_process_two_processes_and_a_cluster_agree(tmp_path: Path) -> None:
    """The same table and the same designs, to the last digit, with changes, simulation and reports."""
    study = study_with(
        [0, 1],
        models=["quality_bonus", "capitation", "fee_for_service+quality_bonus"],
        settings=[("payer.budget", (500000,))],
        terms=Terms(iterations=30, time_limit=300.0, validate=True, replications=2, report=True),
    )
    for jobs in (1, 2):
        document = carried_out(study, tmp_path / f"{jobs}", jobs=jobs, care=Care(REAL))
        assert document["outcomes"] == {"done": 6}, document["failures"]
    (tmp_path / "dask").mkdir()
    with cluster(tmp_path / "dask") as made:
        assert on_it(made.address, study, tmp_path / "3", Care(REAL))["outcomes"] == {"done": 6}
    assert untimed(tmp_path / "1") == untimed(tmp_path / "2") == untimed(tmp_path / "3")
    assert designs(tmp_path / "1") == designs(tmp_path / "2") == designs(tmp_path / "3")
    assert len(designs(tmp_path / "3")) == 6
    for name in ("validation.json", "contract.toml", "responses.csv", "report.html"):
        files = {
            jobs: [path.read_bytes() for path in sorted((tmp_path / f"{jobs}").glob(f"runs/*/{name}"))]
            for jobs in (1, 2, 3)
        }
        assert len(files[1]) == 6
        if name != "report.html":  # it says how long the search took
            assert files[1] == files[2] == files[3], name


@pytest.mark.slow
def test_a_worker_that_is_killed_in_the_middle_of_a_task(tmp_path: Path) -> None:
    """Its task is begun again by the other one and the batch ends whole."""
    begun, out = tmp_path / "begun", tmp_path / "out"
    study = study_with([fake.SLOW, *range(6)])
    slow = next(order.key for order in plan(study) if order.seed == fake.SLOW)
    (tmp_path / "dask").mkdir()
    with cluster(tmp_path / "dask", **{fake.BEGUN: str(begun)}) as made:
        documents: list[dict[str, Any]] = []
        thread = threading.Thread(
            target=lambda: documents.append(on_it(made.address, study, out, Care(fake.MODULE)))
        )
        thread.start()
        until = time.monotonic() + 120.0
        while slow not in read(begun) and time.monotonic() < until:
            time.sleep(0.02)
        number = next(int(line.split()[1]) for line in read(begun).splitlines() if slow in line)
        at_work = int(read(Path(f"/proc/{number}/stat")).rpartition(")")[2].split()[1])
        killed = next(worker for worker in made.workers if worker.pid == at_work)
        killed.kill()
        killed.wait()
        thread.join(180.0)
    assert [document["outcomes"] for document in documents] == [{"done": 7}]
    times = Counter(line.split()[0] for line in read(begun).splitlines())
    assert times[slow] == 2, "begun, lost, and begun again"
    assert set(times.values()) == {1, 2}
    assert ends_soon(number), "what the killed worker had started is gone, too"
    assert [event["event"] for event in events(out)].count("task_finished") == 7


@pytest.mark.slow
def test_a_cluster_that_goes_away(tmp_path: Path) -> None:
    """The scheduler dies: the batch ends with a plain word, no task counts as failed, and it goes on here."""
    begun, out = tmp_path / "begun", tmp_path / "out"
    study = study_with([1, 2, fake.HANGS])
    (tmp_path / "dask").mkdir()
    errors: list[BaseException] = []

    def work(address: str) -> None:
        try:
            on_it(address, study, out, Care(fake.MODULE))
        except BaseException as error:
            errors.append(error)

    with cluster(tmp_path / "dask", workers=1, **{fake.BEGUN: str(begun)}) as made:
        thread = threading.Thread(target=work, args=(made.address,))
        thread.start()
        until = time.monotonic() + 120.0
        while time.monotonic() < until and not (len(read(begun).splitlines()) >= 3):
            time.sleep(0.02)
    thread.join(120.0)
    assert [type(error) for error in errors] == [Ended]
    assert "went away" in str(errors[0])
    assert "task_failed" not in [event["event"] for event in events(out)]
    assert carried_out(study_with([1, 2]), out)["reused"] == 2


@pytest.mark.slow
def test_a_cluster_that_speaks_tls(tmp_path: Path) -> None:
    """With its certificates a batch runs; without them it is refused with a plain word."""
    made = _certificates(tmp_path)
    options = ["--tls-ca-file", str(made.cert), "--tls-cert", str(made.cert), "--tls-key", str(made.key)]
    (tmp_path / "dask").mkdir()
    study, care = study_with([1, 2]), Care(fake.MODULE)
    with cluster(tmp_path / "dask", workers=1, options=options, protocol="tls") as served:
        assert served.address.startswith("tls://")
        document = on_it(served.address, study, tmp_path / "out", care, made)
        assert document["outcomes"] == {"done": 2}
        with pytest.raises(InputError, match="the address of a Dask cluster"):
            on_it(served.address, study, tmp_path / "other", care)


def test_nothing_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong port and a wrong word: told as what was typed, not as a failure of the program."""
    monkeypatch.setattr("incentive_opt.batch.crew.PATIENCE", 1.0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for address in (f"tcp://127.0.0.1:{port}", "nonsense://host:1"):
        with pytest.raises(InputError, match="the address of a Dask cluster"):
            on_it(address, study_with([1]), tmp_path / "out", Care(fake.MODULE))


def test_without_dask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the package is not installed, it is said how to get it."""
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(InputError, match="pip install distributed"):
        on_it("tcp://127.0.0.1:1", study_with([1]), tmp_path / "out", Care(fake.MODULE))


def test_certificates_are_there_or_not(tmp_path: Path) -> None:
    """A missing file and a missing option are told together."""
    with pytest.raises(InputError) as caught:
        Certificates(ca_file=tmp_path / "none.pem").check()
    assert [problem.where for problem in caught.value.problems] == ["tls-ca-file", "tls-cert, tls-key"]
    NONE.check()


def _certificates(folder: Path) -> Certificates:
    """A key and a certificate of its own, made with openssl."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    try:
        subprocess.run([*words, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("openssl makes no certificate here")
    return Certificates(cert, cert, key)
