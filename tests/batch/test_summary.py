"""The summary page: every task linked, the heat map's figures, nothing from files runs or loads."""

from __future__ import annotations

import random
import re
import secrets
from pathlib import Path
from urllib.parse import unquote

from incentive_opt.batch.folder import Folder
from incentive_opt.batch.summary import summary_page
from incentive_opt.batch.table import rows_of
from tests.batch.batches import carried_out, study_with
from tests.batch.tables import recorded
from tests.conftest import write_small_instance


def page_of(out: Path) -> str:
    folder = Folder(out)
    return summary_page(folder.read_plan(), rows_of(folder).rows, folder)


def test_figures_and_links(tmp_path: Path) -> None:
    """The mean gain of each model at each budget, and a link for each task that leads somewhere."""
    out, seed = tmp_path / "out", secrets.randbits(32)
    recorded(out, 6, random.Random(seed))
    page = page_of(out)
    links = [unquote(link) for link in re.findall(r'href="(runs/[^"]+)"', page)]
    assert len(links) == 24
    assert all((out / link).is_file() for link in links)
    rows = rows_of(Folder(out)).rows
    for model in ("capitation", "quality_bonus"):
        for budget in (500000, 515000):
            own = [
                row["gain_share"]
                for row in rows
                if row["model"] == model and row["set_payer_budget"] == budget and row["outcome"] == "done"
            ]
            if own:
                assert f">+{100 * sum(own) / len(own):.1f}<small>" in page, f"seed {seed}"
    assert page.count("<svg") == 2, "a picture for each instance and budget"
    assert page.count("</svg>") == 2
    assert "mean" in page


def test_a_report_is_what_a_task_leads_to(tmp_path: Path) -> None:
    """Where there is a report the link goes there, else to the contract, else to the record."""
    out = tmp_path / "out"
    recorded(out, 1, random.Random(1))
    runs = sorted((out / "runs").iterdir())
    (runs[0] / "report.html").write_text("x", encoding="utf-8")
    (runs[1] / "contract.toml").write_text("x", encoding="utf-8")
    page = page_of(out)
    assert f"runs/{runs[0].name}/report.html" in page
    assert f"runs/{runs[1].name}/contract.toml" in page
    assert f"runs/{runs[2].name}/task.json" in page


def test_hostile_names_are_text(tmp_path: Path) -> None:
    """A title, an instance and an error that look like a script are shown, and nothing more."""
    out = tmp_path / "<script>alert(1)<"
    town = write_small_instance(tmp_path / "<img src=x onerror=alert(2)>")
    carried_out(study_with([1, 2, 1005], instances=[str(town)]), out)
    page = page_of(out)
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;img" in page
    assert "default-src 'none'" in page


def test_nothing_found(tmp_path: Path) -> None:
    """Only failures: no heat map, no picture, and the reason of each."""
    out = tmp_path / "out"
    carried_out(study_with([1005]), out)
    page = page_of(out)
    assert "1 task: 1 failed." in page
    assert 'id="heat"' not in page
    assert "<svg" not in page
