"""The report's section on sensitivity: there where its file is, whatever stands in it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from incentive_opt.files import read_instance, read_model
from incentive_opt.report import report_of
from incentive_opt.report.html import page
from incentive_opt.report.parts import Figure, Section, Table
from incentive_opt.report.tables import csv_files
from incentive_opt.sensitivity import Terms, sensitivity
from incentive_opt.solve import solve
from tests.report.runs import FORMULA, ON_PAGES, rewrite

UNSURE = """\
parameter,of,scale,low,high,distribution,label,source
altruism,practices.csv:*:altruism,multiple,0.5,1.6,lognormal,Altruism of all,by_hand
saving,health.csv:need=asthma:downstream_saving,value,20,80,,What an asthma contact saves,by_hand
"""


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with its sensitivity.json; not to be changed."""
    home = tmp_path_factory.mktemp("report_sensitivity")
    shutil.copytree(read_instance("two_practices").path, home / "two")
    (home / "two" / "uncertainty.csv").write_text(UNSURE, encoding="utf-8")
    read = read_instance(home / "two")
    solve(read, read_model("quality_bonus", read), seed=0).write(home / "design")
    sensitivity(home / "design", Terms(draws=8))
    return home / "design"


@pytest.fixture
def folder(looked: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(looked, tmp_path / "design"))


def section_of(folder: Path) -> Section | None:
    found = [one for one in report_of(folder).sections if one.key == "sensitivity"]
    return found[0] if found else None


def test_no_file_no_section(folder: Path) -> None:
    """A design that was not looked at has no such section."""
    (folder / "sensitivity.json").unlink()
    assert section_of(folder) is None


def test_the_section(folder: Path) -> None:
    """Sentences, a figure with its figures as words, and tables with the numbers of the file."""
    section = section_of(folder)
    assert section is not None
    document = json.loads((folder / "sensitivity.json").read_text(encoding="utf-8"))
    (figure,) = [part for part in section.parts if isinstance(part, Figure)]
    assert "Altruism of all: " in figure.description
    assert figure.draw().startswith("<?xml")
    tables = {part.key: part for part in section.parts if isinstance(part, Table)}
    assert set(tables) == {"tornado", "chances", "gain_over_draws", "knowing"}
    assert [row[0] for row in tables["tornado"].rows] == [row["label"] for row in document["tornado"]]
    html = page(report_of(folder))
    assert "Sensitivity</h2>" in html
    assert "high: budget passed" in html
    assert "nan" not in re.findall(r"\w+", html)


def test_every_picture_and_table_has_its_own_key(folder: Path) -> None:
    """No key of the section is that of another part of the report."""
    keys = [table.key for table in report_of(folder).tables]
    assert len(set(keys)) == len(keys)
    ids = re.findall(r'\bid="([^"]+)"', page(report_of(folder)))
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("text", [*ON_PAGES, FORMULA])
def test_hostile_texts_are_text(folder: Path, text: str) -> None:
    """Labels, sentences and names of contracts from the file are shown and never carried out."""

    def spoil(document: dict[str, Any]) -> None:
        document["sentences"] = [text]
        for row in document["tornado"]:
            row["label"] = row["decision"] = row["unit"] = row["source"] = text
        document["chances"][text] = document["chances"]["design"]
        document["value_of_information"]["contracts"] = [text]
        for row in document["value_of_information"]["rows"]:
            row["best"] = text

    rewrite(folder / "sensitivity.json", spoil)
    html = page(report_of(folder))
    assert "<script>alert" not in html
    assert "<svg onload" not in html
    assert "\x1b" not in html
    assert "\n=cmd" not in csv_files(report_of(folder))["tornado.csv"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: found["design"].update(health_qaly=1.0), "is of another design"),
        (lambda found: found["instance"].update(sha256="0"), "is of another design"),
        (lambda found: found.pop("tornado"), "another version"),
        (lambda found: found.update(sentences=[1]), "another version"),
        (lambda found: found["tornado"][0]["low"].update(gain_qaly="much"), "another version"),
        (lambda found: found["tornado"][0]["low"].update(gain_qaly=None), "another version"),
        (lambda found: found["tornado"][0].update(swing_qaly=float("nan")), "another version"),
        (lambda found: found.update(chances=[1]), "another version"),
        (lambda found: found["chances"]["design"].pop("probability"), "another version"),
        (lambda found: found.update(value_of_information=None), "another version"),
    ],
)
def test_what_does_not_fit_is_told(folder: Path, change: Any, said: str) -> None:
    """A damaged or foreign file gives a sentence and the command, and the rest of the report."""
    rewrite(folder / "sensitivity.json", change)
    section = section_of(folder)
    assert section is not None
    assert said in getattr(section.parts[0], "text", "")
    assert "incentive-opt sensitivity design" in page(report_of(folder))


@pytest.mark.parametrize("text", ["", "[]", "{", "nul", "[" * 100_000])
def test_no_document(folder: Path, text: str) -> None:
    """What is no JSON object is damaged."""
    (folder / "sensitivity.json").write_text(text, encoding="utf-8")
    section = section_of(folder)
    assert section is not None
    assert "damaged" in getattr(section.parts[0], "text", "")
