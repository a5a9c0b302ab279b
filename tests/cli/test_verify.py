"""``incentive-opt verify``: exit codes and words, for files that were tampered with."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from incentive_opt.cli.main import main
from tests.certify_designs import write_design
from tests.conftest import MODEL_TOML, edit, write_small_instance


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of a design that keeps its promises; not to be changed."""
    folder = tmp_path_factory.mktemp("verify")
    town = write_small_instance(folder / "small_town")
    edit(town / "instance.toml", "budget = 2.0e6", "budget = 1.2e7")
    (folder / "mixed.toml").write_text(MODEL_TOML, encoding="utf-8")
    write_design(folder / "run", town, folder / "mixed.toml")
    shutil.rmtree(town)
    (folder / "mixed.toml").unlink()
    return folder / "run"


@pytest.fixture
def run(kept: Path, tmp_path: Path) -> Path:
    """A copy of the run folder to tamper with."""
    return Path(shutil.copytree(kept, tmp_path / "run"))


def verify(*words: str | Path) -> Result:
    """Run the command as typed."""
    return CliRunner().invoke(main, ["verify", *map(str, words)])


def rewrite(run: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change design.json."""
    design = json.loads((run / "design.json").read_text(encoding="utf-8"))
    change(design)
    (run / "design.json").write_text(json.dumps(design), encoding="utf-8")


def row_of(run: Path, start: str) -> str:
    """The one row of responses.csv that starts so."""
    rows = (run / "responses.csv").read_text(encoding="utf-8").splitlines()
    (found,) = [row for row in rows if row.startswith(start)]
    return found


def test_untampered_design_verifies_from_its_files_alone(run: Path) -> None:
    """Exit code 0 for the folder and for its design.json, with the original instance gone."""
    for design in (run, run / "design.json"):
        result = verify(design)
        assert result.exit_code == 0, result.output
        assert "every promise holds" in result.output


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("contract.toml", "This is a contract; give its folder, "),
        ("responses.csv", "This is a table of responses; give its folder, "),
        ("instance", "This is an instance; `solve` makes a design for it."),
        ("instance/needs.csv", "This is another kind of file; give the folder of a design."),
    ],
)
def test_what_is_no_design_is_called_what_it_is(run: Path, path: str, said: str) -> None:
    """A file beside the design is not called damaged."""
    result = verify(run / path)
    assert result.exit_code == 2
    assert said in result.output
    assert "damaged" not in result.output


def test_a_reader_that_leaves_hides_no_broken_promise(run: Path) -> None:
    """The exit code stays 4 where nobody reads what is printed."""
    rewrite(run, lambda design: design["objective"].update(health_qaly=1e6))
    command = [sys.executable, "-m", "incentive_opt", "verify", str(run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.close()
    assert child.returncode == 4


def test_output_says_what_is_not_proved(run: Path) -> None:
    """The bound of the solver is not passed off as proved."""
    output = verify(run).output
    assert "Not proved here: The upper bound rests on the solver" in output
    assert "\x1b" not in output


CLAIM = "no contract of the model within budget and income limits can pass the health ceiling given here"


def test_a_ceiling_that_was_worked_out_is_claimed(run: Path) -> None:
    """It stands among the totals, and among what is proved."""
    output = verify(run).output
    assert "ceiling that is proved here" in output
    assert CLAIM in output
    assert "No ceiling" not in output


def test_no_ceiling_is_claimed_without_its_benchmarks(tmp_path: Path) -> None:
    """A model that pays against benchmarks, a contract that names none: no ceiling, and it is said why."""
    town = write_small_instance(tmp_path / "small_town")
    edit(town / "instance.toml", "budget = 2.0e6", "budget = 1.2e7")
    lever = '[[levers]]\nkind = "improvement"\nlower = 0.0\nupper = 5.0\nunit = "USD/effective event"\n\n'
    text = MODEL_TOML.replace("[sources.made_up]", lever + "[sources.made_up]")
    (tmp_path / "mixed.toml").write_text(text, encoding="utf-8")
    write_design(tmp_path / "run", town, tmp_path / "mixed.toml")
    result = verify(tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert "ceiling that is proved here" not in result.output
    assert CLAIM not in result.output
    assert "No ceiling on health was worked out here" in result.output
    assert "the model can pay against benchmarks that contract.toml does not name" in result.output
    document = json.loads(verify(tmp_path / "run", "--json").stdout)
    assert "ceiling" not in document["proved"]
    assert document["on_trust"].startswith("No ceiling on health was worked out here")


def test_no_ceiling_is_claimed_without_a_solution(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A linear problem that is not solved proves nothing, neither a ceiling nor the first best."""
    monkeypatch.setattr("incentive_opt.certify.check.health_ceiling", lambda *_, **__: None)
    result = verify(run)
    assert result.exit_code == 0, result.output
    assert CLAIM not in result.output
    assert "the solver did not solve the linear problem that the ceiling comes from" in result.output
    assert "The first best was not worked out here" in result.output


def test_no_ceiling_is_claimed_where_checks_ended_early(run: Path) -> None:
    """Where a practice has no response nothing is summed up."""
    rows = (run / "responses.csv").read_text(encoding="utf-8").splitlines()
    kept = [row for row in rows if not row.startswith("solo,")]
    (run / "responses.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    output = verify(run).output
    assert CLAIM not in output
    assert "checks before it failed" in output


def test_json_is_one_document(run: Path) -> None:
    """With --json stdout is one document that lists every check."""
    result = verify(run, "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert document["ok"] is True
    assert document["broken"] == []
    assert {c["group"] for c in document["checks"]} == {
        "files",
        "contract",
        "response",
        "money",
        "incentives",
        "totals",
    }


def test_several_broken_promises_are_all_named(run: Path) -> None:
    """Two figures changed: both named with promised and recomputed value, exit code 4."""

    def change(design: dict[str, Any]) -> None:
        design["budget"]["outlay_usd"] += 1000.0
        design["practices"][0]["net_income_usd"] += 1000.0

    rewrite(run, change)
    result = verify(run)
    assert result.exit_code == 4
    assert "2 promises are broken" in result.output
    assert "1. solo: net income: promised " in result.output
    assert "2. outlay: promised " in result.output


def test_json_names_what_is_broken(run: Path) -> None:
    """With --json a broken promise is in the document, and the exit code is 4 as well."""
    rewrite(run, lambda design: design["objective"].update(gap=0.001))
    result = verify(run, "--json")
    assert result.exit_code == 4
    document = json.loads(result.stdout)
    assert document["ok"] is False
    assert [text.split(":")[0] for text in document["broken"]] == [
        "gap = (upper bound - health) / upper bound"
    ]


def test_contract_file_that_is_not_the_designs_is_named(run: Path) -> None:
    """A price changed in contract.toml only: the file and the price are named."""
    edit(run / "contract.toml", "asthma_outreach = 20.0", "asthma_outreach = 25.0")
    result = verify(run)
    assert result.exit_code == 4
    assert (
        "contract.toml and design.json: fee of asthma_outreach: promised 20, recomputed 25" in result.output
    )


def test_threshold_in_the_contract_file_is_checked(run: Path) -> None:
    """A threshold in contract.toml that is not the menu's makes it a contract that cannot be read."""
    edit(run / "contract.toml", "threshold = 0.8", "threshold = 0.7")
    result = verify(run)
    assert result.exit_code == 2
    assert "contract.toml" in result.output
    assert "threshold" in result.output


def test_responses_file_that_is_not_the_designs_is_named(run: Path) -> None:
    """One activity changed in responses.csv: the file, the activity and the constraint are named."""
    row = row_of(run, "solo,service,sick_visit,infant,")
    edit(run / "responses.csv", row, "solo,service,sick_visit,infant,510.0")
    result = verify(run)
    assert result.exit_code == 4
    assert "services in design.json and responses.csv: sick_visit/infant: 500 and 510" in result.output
    assert "solo: care within need" in result.output


def test_changed_instance_is_named(run: Path) -> None:
    """Another budget in the copy of the instance: hash and budget limit no longer agree."""
    edit(run / "instance" / "instance.toml", "budget = 1.2e7", "budget = 1.3e7")
    result = verify(run)
    assert result.exit_code == 4
    assert "the instance has the promised hash" in result.output
    assert "budget limit" in result.output


def test_changed_model_is_named(run: Path) -> None:
    """Narrower bounds in model.toml: the hash and the lever out of bounds are named."""
    edit(run / "model.toml", "upper = 60.0", "upper = 15.0")
    result = verify(run)
    assert result.exit_code == 4
    assert "the model has the promised hash" in result.output
    assert (
        "fee of asthma_outreach at most its upper bound: is 20, may be at most 15 USD/service"
        in result.output
    )


@pytest.mark.parametrize("name", ["model.toml", "contract.toml", "responses.csv", "instance/instance.toml"])
def test_missing_file_is_bad_input(run: Path, name: str) -> None:
    """A run folder without one of its files: exit code 2 and the file's name."""
    (run / name).unlink()
    result = verify(run)
    assert result.exit_code == 2
    assert name in result.output


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("500.0", "lots", "a finite number"),
        ("500.0", "nan", "a finite number"),
        ("solo,service,sick_visit", "solo,dream,sick_visit", "one of panel, service"),
        (",500.0", "", "5 cells"),
        ("solo,service,sick_visit,infant", "solo,service,sick_visit,school_age", "every activity once"),
    ],
)
def test_malformed_responses_are_bad_input(run: Path, old: str, new: str, words: str) -> None:
    """A row that cannot be read: exit code 2, with the row and what was expected."""
    row = row_of(run, "solo,service,sick_visit,infant,")
    edit(run / "responses.csv", row, row.replace(old, new))
    result = verify(run)
    assert result.exit_code == 2
    assert "responses.csv, row " in result.output
    assert words in result.output


@pytest.mark.parametrize("content", ["{", "[]", '{"schema": 1}', "\ufffe"])
def test_malformed_design_is_bad_input(run: Path, content: str) -> None:
    """A design.json that is not a design: exit code 2, no traceback."""
    (run / "design.json").write_text(content, encoding="utf-8")
    result = verify(run)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_design_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    """A path without a design: exit code 2."""
    assert verify(tmp_path / "nowhere").exit_code == 2


def test_no_levers_at_all_is_named(run: Path) -> None:
    """A design.json that lists no levers hides what contract.toml changes."""
    rewrite(run, lambda design: design["contract"].update(levers=[]))
    result = verify(run)
    assert result.exit_code == 4
    assert "contract.toml changes it but design.json does not list it" in result.output
