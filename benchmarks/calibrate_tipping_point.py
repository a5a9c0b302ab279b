"""Calibrate blended_capitation_tipping_point: make its population of practices and fit four numbers.

    python benchmarks/calibrate_tipping_point.py                 # fit, and write the instance
    python benchmarks/calibrate_tipping_point.py --doubts        # only print what other assumptions predict

Fitted are overhead, the share of simple contacts and the team's minutes per contact (to the three published
mean surpluses), and what the shift costs a practice whatever its size (to the share of capitation from which
95 % of practices gain). The share below which 95 % lose is what comes out. Every trial is written to files,
read back and paid by the package's own payment code (tipping_point.py); nothing here knows a formula for it.
"""

from __future__ import annotations

import argparse
import csv
import math
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import NormalDist

from scipy.optimize import brentq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.tipping_point import (
    PUBLISHED,
    blend,
    break_even,
    mean,
    shifted,
    surpluses,
    tipping_points,
    traditional,
)
from incentive_opt.domain.instance import Instance
from incentive_opt.files import read_instance

FOLDER = Path(__file__).resolve().parents[1] / "instances" / "blended_capitation_tipping_point"
PRACTICES = 1000.0
VISITS, PANEL = 3776.0, 1684.0
"""Per full-time physician and year (the study)."""
TEAM_PER_PHYSICIAN, TEAM_HOURS, MOST_HIRED = 1.64, 1600.0, 600.0
COST_PER_PATIENT, ALTRUISM = 5.0, 10_000.0
WAGE, ROOMING, SHORT, LONG = 46.3, 41.694, 20.0, 30.0
"""As in instance.toml and services.csv: USD/hour, and minutes of staff and of the physician per visit."""
GAIN_OF_CAPITATION = PUBLISHED["shifted_100"] - PUBLISHED["shifted_0"]
OVERHEAD = 300_000.0
"""Any value to begin with [USD/FTE and year]."""
LOSS_UNDER_FEES = PUBLISHED["fees"] - PUBLISHED["shifted_0"]
GAIN_FROM = PUBLISHED["gain"] - 1e-4
"""A hair below, so that at the published share itself 95 % do gain."""
SMALL_SITES = {1: 0.46, 2: 0.19}
UP_TO_FIVE = 0.889
LARGER = ((6, 7), (8, 10), (11, 14), (15, 20), (21, 50))
"""Sizes that are lumped together; one more group, above 50, makes up the mean size."""
DRAWS = {1: 16, 2: 6, 3: 2, 4: 2, 5: 2}
"""How many quantiles of patients per physician stand for practices of a size; one for larger ones."""


@dataclass(frozen=True)
class Assumed:
    """What is not fitted, and can be doubted.

    Attributes
    ----------
    mean_size : float
        Full-time physicians per practice.
    panel_spread : float
        Standard deviation of the logarithm of a physician's patients.
    fee_level : float
        USD per RVU.
    supervision : float
        A physician's minutes per contact of the team.
    practices_alike : bool
        Whether means count each practice once, not each physician.
    post : float or None
        Cost of the shift per practice [USD/year]; fitted if None.
    """

    mean_size: float = 6.0
    panel_spread: float = math.log(1800 / 1000) / (2 * NormalDist().inv_cdf(0.875))
    fee_level: float = 32.3465
    supervision: float = 1.0
    practices_alike: bool = False
    post: float | None = None


@dataclass(frozen=True)
class Fitted:
    """What is fitted: USD per physician, share of contacts, minutes, USD per practice."""

    overhead: float
    simple: float
    minutes: float
    post: float


@dataclass(frozen=True)
class Group:
    """Practices that are taken as alike."""

    name: str
    label: str
    count: int
    fte: float


def population(assumed: Assumed) -> list[Group]:
    """Practices by size and by patients per physician; full-time equivalents carry 1,684 patients each."""
    groups: list[Group] = []
    for name, label, count, physicians in sizes(assumed.mean_size):
        draws = DRAWS.get(round(physicians), 1)
        spread = assumed.panel_spread / math.sqrt(physicians)
        loads = [math.exp(spread * NormalDist().inv_cdf((j + 0.5) / draws)) for j in range(draws)]
        middle = sum(loads) / draws
        for j, load in enumerate(loads, 1):
            ending, words = (f"_{j:02d}", f", draw {j} of {draws}") if draws > 1 else ("", "")
            groups.append(Group(name + ending, label + words, count, round(physicians * load / middle, 4)))
    return groups


def sizes(mean_size: float) -> list[tuple[str, str, int, float]]:
    """Name, label, practices for each draw (whole ones) and mean number of physicians of each size."""
    weights = {n: n**-2.0 for n in range(3, 6)}
    between = UP_TO_FIVE - sum(SMALL_SITES.values())
    shares = SMALL_SITES | {n: between * w / sum(weights.values()) for n, w in weights.items()}
    words = {1: "One physician", **{n: f"{n} physicians" for n in range(2, 6)}}
    found = [(f"size_{n}", words[n], share / DRAWS[n], float(n)) for n, share in shares.items()]
    above = math.pi**2 / 6 - sum(n**-2.0 for n in range(1, 6))  # all sizes from 6 on
    left = 1.0 - UP_TO_FIVE
    for first, last in LARGER:
        weight = sum(n**-2.0 for n in range(first, last + 1))
        middle = sum(n**-1.0 for n in range(first, last + 1)) / weight
        found.append(
            (f"size_{first}_to_{last}", f"{first} to {last} physicians", left * weight / above, middle)
        )
    share = left * (1.0 - sum(n**-2.0 for n in range(6, LARGER[-1][1] + 1)) / above)
    whole = [(name, label, round(PRACTICES * part), size) for name, label, part, size in found]
    largest = round(PRACTICES * share)
    practices = largest + sum(n * DRAWS.get(round(size), 1) for _, _, n, size in whole)
    physicians = sum(n * size * DRAWS.get(round(size), 1) for _, _, n, size in whole)
    size = (mean_size * practices - physicians) / largest
    return [*whole, ("size_above_50", "More than 50 physicians", largest, size)]


def write(folder: Path, assumed: Assumed, fitted: Fitted) -> Instance:
    """Put the numbers into the tables of a folder, and read it."""
    rates = rates_of(fitted.simple)
    set_cells(folder / "needs.csv", "events_per_child_year", {n: f"{v:.8f}" for n, v in rates.items()})
    set_cells(folder / "services.csv", "team_minutes", {"team_contact": f"{fitted.minutes:.4f}"})
    set_cells(folder / "services.csv", "clinician_minutes", {"team_contact": f"{assumed.supervision:g}"})
    hours = math.ceil(100.0 * PANEL * physician_minutes(rates, SHORT) / 60.0) / 100.0
    text = (folder / "instance.toml").read_text(encoding="utf-8")
    text = re.sub(r"(\[staff\.clinician\]\nhours_per_fte = )\S+", rf"\g<1>{hours:.2f}", text)
    text = re.sub(r"(conversion_factor = )\S+", rf"\g<1>{assumed.fee_level:g}", text)
    (folder / "instance.toml").write_text(text, encoding="utf-8")
    rows, panels = [], []
    for group in population(assumed):
        least, most = (
            round(PANEL * group.fte, 2),
            math.floor(100.0 * PANEL * growth(rates, assumed) * group.fte) / 100.0,
        )
        multiple = 1.0 + fitted.post / (WAGE * hired_hours(least, most, rates, fitted.minutes))
        overhead = fitted.overhead * group.fte
        rows.append(
            f"{group.name},independent,{group.count},{group.fte:.8g},0,{TEAM_PER_PHYSICIAN * group.fte:.6g},"
            f"{ALTRUISM:g},1,{MOST_HIRED:g},{multiple:.6f},{overhead:.2f},{COST_PER_PATIENT:g},"
            f'"{group.label}",{PRACTICE_SOURCES}'
        )
        panels.append(f"{group.name},patient,{most:.2f},{least:.2f},panel_of_today;panel_after")
    save(folder / "practices.csv", PRACTICE_COLUMNS, rows)
    save(folder / "panels.csv", "practice,segment,demanded,minimum,source", panels)
    return read_instance(folder)


PRACTICE_COLUMNS = (
    "practice,ownership,count,clinician_fte,np_fte,team_fte,altruism,effort_scale,overtime_hours_per_fte,"
    "overtime_wage_multiples,fixed_cost,cost_per_child,label,source"
)
PRACTICE_SOURCES = (
    "size_mean;size_small;size_shape;panel_spread;team_terms;whole_post;overhead;cost_of_a_patient;altruism"
)


def rates_of(simple: float) -> dict[str, float]:
    """Contacts a patient-year, at a share of simple ones."""
    return {"simple": VISITS / PANEL * simple, "other": VISITS / PANEL * (1.0 - simple)}


def physician_minutes(rates: dict[str, float], simple: float) -> float:
    """A physician's minutes for a patient in a year, with so many for a simple contact."""
    return rates["simple"] * simple + rates["other"] * LONG


def growth(rates: dict[str, float], assumed: Assumed) -> float:
    """Patients that the same physician can see after the shift, for one before."""
    return physician_minutes(rates, SHORT) / physician_minutes(rates, assumed.supervision)


def hired_hours(today: float, after: float, rates: dict[str, float], minutes: float) -> float:
    """Hours of staff that the full shift takes beyond those that see today's visits [hours/year]."""
    regular = TEAM_PER_PHYSICIAN * TEAM_HOURS * today / PANEL
    return after * (rates["simple"] * minutes + rates["other"] * ROOMING) / 60.0 - regular


def set_cells(path: Path, column: str, values: dict[str, str]) -> None:
    """Change cells of a table; rows are named by their first column."""
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    for row in rows:
        row[header.index(column)] = values.get(row[0], row[header.index(column)])
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def save(path: Path, columns: str, rows: list[str]) -> None:
    path.write_text("\n".join([columns, *rows, ""]), encoding="utf-8")


def means(instance: Instance, alike: bool) -> tuple[float, float, float]:
    """Mean surplus under fees, and after the shift without and with full capitation [USD/FTE and year]."""
    found = []
    for contract, way in (
        (instance.status_quo, traditional),
        (blend(instance, 0.0), shifted),
        (blend(instance, 1.0), shifted),
    ):
        per_fte = surpluses(instance, contract, way)
        counts = {p.name: p.count for p in instance.practices}
        once = sum(counts[n] * v for n, v in per_fte.items()) / sum(counts.values())
        found.append(once if alike else mean(instance, per_fte))
    return found[0], found[1], found[2]


class NoFit(Exception):
    """No values meet what was published; the message says which."""


class Trials:
    """Instances of one set of assumptions, written to a folder and paid, for other fitted values.

    Surpluses shift one for one with overhead; the gain from full capitation depends on the share of simple
    contacts only. So the four values are found one after the other.
    """

    def __init__(self, assumed: Assumed, folder: Path) -> None:
        self.assumed, self.folder = assumed, folder
        self.simple = solved(lambda share: self.capitation_gain(share) - GAIN_OF_CAPITATION, 0.05, 0.9)

    def at(self, simple: float, minutes: float, post: float) -> Instance:
        """The instance with these values, and with some overhead."""
        return write(self.folder, self.assumed, Fitted(OVERHEAD, simple, minutes, post))

    def means(self, instance: Instance) -> tuple[float, float, float]:
        """As the function of that name."""
        return means(instance, self.assumed.practices_alike)

    def capitation_gain(self, simple: float) -> float:
        """What full capitation adds after the shift; staff costs cancel out [USD/FTE and year]."""
        _, none, full = self.means(self.at(simple, self.fewest(simple) + 5.0, 1000.0))
        return full - none

    def fewest(self, simple: float) -> float:
        """Minutes per contact at which the shift hires hardly anybody."""
        rates = rates_of(simple)
        idle = -hired_hours(PANEL, PANEL * growth(rates, self.assumed), rates, 0.0)
        return 60.0 * idle / (PANEL * growth(rates, self.assumed) * rates["simple"]) + 0.5

    def loss(self, minutes: float, post: float) -> float:
        """What the shift loses under fees [USD/FTE and year]."""
        fees, none, _ = self.means(self.at(self.simple, minutes, post))
        return fees - none

    def minutes(self, post: float) -> float:
        """Minutes at which the shift costs what was published, beside the cost per practice."""
        fewest = self.fewest(self.simple)
        return solved(lambda minutes: self.loss(minutes, post) - LOSS_UNDER_FEES, fewest, fewest + 120.0)

    def gains_from(self, post: float) -> float:
        """Share of capitation from which 95 % gain, the three means being met."""
        return tipping_points(self.at(self.simple, self.minutes(post), post))[1]

    def fitted(self) -> Fitted:
        """All four."""
        post = self.assumed.post
        if post is None:
            fewest = self.fewest(self.simple)
            most = solved(lambda usd: self.loss(fewest, usd) - LOSS_UNDER_FEES, 1.0, 1e6) - 1.0
            post = solved(lambda usd: self.gains_from(usd) - GAIN_FROM, 1.0, most)
        minutes = self.minutes(post)
        fees, _, _ = self.means(self.at(self.simple, minutes, post))
        return Fitted(OVERHEAD + fees - PUBLISHED["fees"], self.simple, minutes, post)


def solved(miss: Callable[[float], float], lower: float, upper: float) -> float:
    """Where a function of one variable is zero."""
    ends = miss(lower), miss(upper)
    if ends[0] * ends[1] > 0.0:
        raise NoFit(f"off by {ends[0]:.4g} to {ends[1]:.4g}")
    return float(brentq(miss, lower, upper, xtol=1e-8, rtol=1e-10))


def fit(assumed: Assumed) -> tuple[Fitted, Instance]:
    """Values that meet the means and the share from which practices gain, and the instance with them."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "instance"
        shutil.copytree(FOLDER, folder)
        result = Trials(assumed, folder).fitted()
        return result, write(folder, assumed, result)


def doubts() -> list[str]:
    """What other assumptions predict, each fitted anew."""
    usual = Assumed()
    cases = {
        "as in the files": usual,
        "mean size 4.5": replace(usual, mean_size=4.5),
        "mean size 8": replace(usual, mean_size=8.0),
        "physicians with equal panels": replace(usual, panel_spread=1e-6),
        "panels spread half as much again": replace(usual, panel_spread=1.5 * usual.panel_spread),
        "fees a fifth lower": replace(usual, fee_level=0.8 * usual.fee_level),
        "fees a fifth higher": replace(usual, fee_level=1.2 * usual.fee_level),
        "no supervision": replace(usual, supervision=0.0),
        "2 minutes of supervision": replace(usual, supervision=2.0),
        "means count each practice once": replace(usual, practices_alike=True),
        "cost per practice not fitted: 41,191 USD": replace(usual, post=41_191.0),
        "cost per practice not fitted: 113,031 USD": replace(usual, post=113_031.0),
    }
    lines = [
        "| assumption | cost per practice [USD] | simple contacts | team minutes "
        "| 95 % lose below | 95 % gain from |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for words, assumed in cases.items():
        try:
            fitted, instance = fit(assumed)
        except NoFit as error:
            lines.append(f"| {words} | no fit: {error} | | | | |")
            continue
        lose, gain = tipping_points(instance)
        lines.append(
            f"| {words} | {fitted.post:,.0f} | {fitted.simple:.1%} | {fitted.minutes:.1f} "
            f"| {lose:.1%} | {gain:.1%} |"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Calibrate blended_capitation_tipping_point.")
    parser.add_argument(
        "--doubts", action="store_true", help="fit under other assumptions, and write nothing"
    )
    if parser.parse_args().doubts:
        print("\n".join(doubts()))
        return
    fitted, _ = fit(Assumed())
    instance = write(FOLDER, Assumed(), fitted)
    print(fitted, "practices", sum(p.count for p in instance.practices))
    print("means", means(instance, alike=False), "tipping points", tipping_points(instance))
    print({name: round(share, 4) for name, share in break_even(instance).items()})


if __name__ == "__main__":
    main()
