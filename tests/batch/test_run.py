"""A batch from its start to its end: what is done, what is not done again, what is told, what is kept."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from incentive_opt.batch.folder import Folder
from incentive_opt.batch.plan import plan
from incentive_opt.batch.run import Ended
from incentive_opt.batch.runner import Care
from incentive_opt.errors import InputError
from tests.batch import fake_worker as fake
from tests.batch.batches import carried_out, events, records, study_with, untimed
from tests.conftest import edit, write_small_instance


def begun(path: Path) -> Counter[str]:
    """How often each key was begun."""
    return Counter(line.split()[0] for line in path.read_text(encoding="utf-8").splitlines())


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a line for each order that is begun."""
    path = tmp_path / "begun"
    path.touch()
    monkeypatch.setenv(fake.BEGUN, str(path))
    return path


def test_every_task_once(tmp_path: Path, counted: Path) -> None:
    """All tasks end, each begun once; a second batch begins none and leaves every file as it is."""
    study, out = study_with(range(12)), tmp_path / "out"
    document = carried_out(study, out, jobs=2)
    assert document["complete"]
    assert document["outcomes"] == {"done": 12}
    assert set(begun(counted).values()) == {1}
    assert len(begun(counted)) == 12
    before = records(out)
    again = carried_out(study, out)
    assert (again["reused"], again["outcomes"]) == (12, {"done": 12})
    assert sum(begun(counted).values()) == 12
    assert records(out) == before


def test_more_of_a_batch_begins_only_what_is_new(tmp_path: Path, counted: Path) -> None:
    """More seeds later: those that were done stay; the table has all, and with fewer only these."""
    out = tmp_path / "out"
    carried_out(study_with(range(4)), out)
    document = carried_out(study_with(range(7)), out)
    assert (document["reused"], document["tasks"]) == (4, 7)
    assert sum(begun(counted).values()) == 7
    few = untimed(out)
    carried_out(study_with(range(2)), out)
    assert len(untimed(out).splitlines()) == 2
    assert set(untimed(out).splitlines()) < set(few.splitlines())
    assert sum(begun(counted).values()) == 7


def test_a_changed_instance_reruns_only_what_it_touches(tmp_path: Path, counted: Path) -> None:
    """Of two instances one number changes in one: its tasks are begun again, those of the other are not."""
    one, two = write_small_instance(tmp_path / "one"), write_small_instance(tmp_path / "two")
    study, out = study_with(range(3), instances=[str(one), str(two)]), tmp_path / "out"
    carried_out(study, out)
    edit(two / "needs.csv", "acute,infant,2.5", "acute,infant,2.6")
    document = carried_out(study, out)
    assert document["reused"] == 3
    assert sum(begun(counted).values()) == 9
    edit(two / "needs.csv", "acute,infant,2.6", "acute,infant,2.5")
    assert carried_out(study, out)["reused"] == 6, "what was found for the first version is still there"


def test_a_failure_does_not_stop_the_rest(tmp_path: Path, counted: Path) -> None:
    """A task that fails is told with its reason, kept, and tried again only where that is asked."""
    study, out = study_with([1, fake.RAISES, 2]), tmp_path / "out"
    document = carried_out(study, out)
    assert document["outcomes"] == {"done": 2, "failed": 1}
    (failure,) = document["failures"]
    assert f"s{fake.RAISES}" in failure["folder"]
    record = json.loads((out / failure["folder"] / "task.json").read_text(encoding="utf-8"))
    assert "out of the blue" in record["detail"]
    tried = sum(begun(counted).values())
    again = carried_out(study, out)
    assert again["outcomes"] == {"done": 2, "failed": 1}
    assert sum(begun(counted).values()) == tried
    carried_out(study, out, retry_failed=True)
    assert sum(begun(counted).values()) == tried + 2, "only the one that failed, and that twice"


def test_a_failure_that_is_mended_is_replaced(tmp_path: Path, counted: Path) -> None:
    """What failed and then works has one run folder, with the later outcome."""
    study, out = study_with([fake.DIES_ONCE]), tmp_path / "out"
    mark = Path(f"{counted}.died")
    care = Care(fake.MODULE, kill_after=60.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("incentive_opt.batch.runner.ATTEMPTS", 1)
        assert carried_out(study, out, care=care)["outcomes"] == {"failed": 1}
    assert mark.exists()
    assert carried_out(study, out, care=care, retry_failed=True)["outcomes"] == {"done": 1}
    assert len(list((out / "runs").iterdir())) == 1


def test_a_task_that_hangs_costs_its_time_and_no_more(tmp_path: Path) -> None:
    """One of several tasks hangs: it fails at its limit, the others are done."""
    study = study_with([1, fake.HANGS, 2, 3])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("incentive_opt.batch.runner.STARTING", 3.0)
        document = carried_out(study, tmp_path / "out", care=Care(fake.MODULE, kill_after=1.0))
    assert document["outcomes"] == {"done": 3, "failed": 1}
    assert "still running after 1 seconds" in document["failures"][0]["why"]


def test_the_event_log_tells_every_step(tmp_path: Path) -> None:
    """A line each, in order, that other programs can read; a half line of a killed batch goes."""
    out = tmp_path / "out"
    carried_out(study_with([1, 2]), out)
    names = [event["event"] for event in events(out)]
    assert names[0] == "batch_started"
    assert names[-1] == "batch_ended"
    assert Counter(names) == Counter(batch_started=1, task_started=2, task_finished=2, batch_ended=1)
    assert all(event["time"].endswith("+00:00") for event in events(out))
    with (out / "events.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"time": "2026')
    carried_out(study_with([1, 2]), out)
    assert [event["event"] for event in events(out)][-2:] == ["batch_started", "batch_ended"]


def test_a_stop_awaits_what_runs(tmp_path: Path, counted: Path) -> None:
    """Asked to stop, the batch begins nothing more, keeps what was running, and says that it is not whole."""
    study, out = study_with([fake.SLOW, *range(30)]), tmp_path / "out"
    document = carried_out(study, out, jobs=1, stop=lambda: counted.stat().st_size > 0)
    assert not document["complete"]
    assert document["outcomes"] == {"done": 1}, "also the one that waited for the worker was not begun"
    assert len(begun(counted)) == 1
    assert carried_out(study, out)["outcomes"] == {"done": 31}
    assert set(begun(counted).values()) == {1}


def test_a_second_batch_in_the_folder_is_refused(tmp_path: Path) -> None:
    """While one is at work a second one is told who it is, and touches nothing; afterwards it may."""
    out = tmp_path / "out"
    study = study_with([1])
    with Folder(out).locked():
        before = sorted(path.name for path in out.rglob("*"))
        with pytest.raises(InputError, match=f"process {os.getpid()} on .* no other batch"):
            carried_out(study, out)
        assert sorted(path.name for path in out.rglob("*")) == before
    assert carried_out(study, out)["complete"]


def test_what_was_being_written_is_removed(tmp_path: Path) -> None:
    """Leftovers of a killed batch go; whatever else stands in the folder stays."""
    out = tmp_path / "out"
    carried_out(study_with([1]), out)
    for name in ("runs/.abc.12345678.part/x", "runs/.abc.12345678.old/x", "notes/mine.txt"):
        (out / name).parent.mkdir()
        (out / name).write_text("x", encoding="utf-8")
    (out / ".results.parquet.1234.part").write_text("x", encoding="utf-8")
    carried_out(study_with([1]), out)
    assert [path.name for path in out.rglob("*") if ".part" in path.name or ".old" in path.name] == []
    assert (out / "notes/mine.txt").exists()


def test_a_damaged_record_is_done_again(tmp_path: Path, counted: Path) -> None:
    """A record that somebody cut off or changed counts for nothing."""
    study, out = study_with([1, 2, 3]), tmp_path / "out"
    carried_out(study, out)
    files = sorted((out / "runs").glob("*/task.json"))
    files[0].write_text(files[0].read_text(encoding="utf-8")[:50], encoding="utf-8")
    edit(files[1], '"key": "', '"key": "0')
    assert carried_out(study, out)["reused"] == 1
    assert sum(begun(counted).values()) == 5


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No room for the fourth run folder: the batch ends and says so, three are kept, and it goes on later."""
    import incentive_opt.batch.folder as folder

    written: list[Path] = []
    real = folder._write

    def write(path: Path, content: bytes) -> None:
        written.extend([path] if path.name == "task.json" else [])
        if len(written) > 3:
            path.write_bytes(content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        real(path, content)

    study, out = study_with(range(8)), tmp_path / "out"
    monkeypatch.setattr(folder, "_write", write)
    with pytest.raises(Ended, match=r"disk is full\. What was finished is kept"):
        carried_out(study, out, jobs=1)
    kept = records(out)
    assert len(kept) == 3
    assert not list((out / "runs").glob(".*")), "the half folder is gone"
    monkeypatch.setattr(folder, "_write", real)
    assert carried_out(study, out)["outcomes"] == {"done": 8}
    assert {name: records(out)[name] for name in kept} == kept


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """The same on a file system of one megabyte, where this machine lets one be made."""
    small = tmp_path / "small"
    small.mkdir()
    made = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(small)], capture_output=True, check=False
    )
    if not made or made.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        out, study = small / "out", study_with(range(60))
        with pytest.raises(Ended, match="disk is full"):
            carried_out(study, out)
        kept = records(out)
        assert 1 <= len(kept) < 60
        for name in kept:
            json.loads((out / "runs" / name / "task.json").read_text(encoding="utf-8"))
        subprocess.run(["mount", "-o", "remount,size=20m", str(small)], check=True)
        document = carried_out(study, out)
        assert document["outcomes"] == {"done": 60}
        assert document["reused"] == len(kept)
    finally:
        subprocess.run(["umount", str(small)], check=False)


def test_a_full_disk_of_a_worker_ends_the_batch(tmp_path: Path) -> None:
    """A worker without room: no task is marked as failed for that."""
    with pytest.raises(Ended, match="no room on the worker"):
        carried_out(study_with([fake.FULL, 1, 2]), tmp_path / "out", jobs=1)
    assert [event["event"] for event in events(tmp_path / "out")].count("task_failed") == 0


def test_an_end_waits_for_nobody(tmp_path: Path) -> None:
    """Where the batch cannot go on, what still runs is ended, and not tried once more."""
    started = time.monotonic()
    with pytest.raises(Ended):
        carried_out(study_with([fake.HANGS, fake.FULL]), tmp_path / "out", jobs=2)
    assert time.monotonic() - started < 60.0


def test_folders_that_hold_other_things_are_refused(tmp_path: Path) -> None:
    """The folder of an instance, a file, a folder with somebody's files: told before anything is written."""
    instance = write_small_instance(tmp_path / "instance")
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("x", encoding="utf-8")
    for path, words in ((instance, "instance"), (other, "other files"), (other / "thesis.txt", "a file")):
        with pytest.raises(InputError, match=words):
            Folder(path).check()


def test_odd_names_stay_in_the_folder(tmp_path: Path) -> None:
    """An instance whose folder has an odd name does not write anywhere else."""
    odd = write_small_instance(tmp_path / "..Müller & co: 100 % \N{SNOWMAN}")
    out = tmp_path / "deep" / "out"
    document = carried_out(study_with([1], instances=[str(odd)]), out)
    assert document["outcomes"] == {"done": 1}
    (run,) = (out / "runs").iterdir()
    assert run.name.startswith("M_ller")


def test_what_counts_for_the_key() -> None:
    """Each thing that determines the result makes another key; the same things make the same."""
    base = study_with([1])
    keys = {
        plan(study)[0].key
        for study in (
            base,
            study_with([2]),
            study_with([1], models=["blended"]),
            study_with([1], models=["blended+capitation"]),
            study_with([1], settings=[("payer.budget", (515000.0,))]),
            *(
                study_with([1], terms=type(base.terms)(**{**vars(base.terms), name: value}))
                for name, value in (
                    ("gap", 0.02),
                    ("time_limit", 60.0),
                    ("iterations", 2),
                    ("validate", True),
                    ("report", True),
                )
            ),
        )
    }
    assert len(keys) == 10
    assert plan(base)[0].key == plan(study_with([1]))[0].key
