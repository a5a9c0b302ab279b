"""Calibrate the main instance, and write the promised-against-observed table into its README.

    python benchmarks/calibrate_medicaid_statewide.py                 # only the tables of the README
    python benchmarks/calibrate_medicaid_statewide.py --fit 40000     # fit first: so many trial moves

Fitted are the altruism and the effort scale of each practice type and the effort cost of each service,
and nothing else. The search changes one or two of them at a time and keeps what brings the status quo
nearer to the targets (and, early on, now and then what does not). It starts from the values in the
files, so a second fit goes on where the first one stopped.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import math
from collections.abc import Callable
from pathlib import Path

import highspy
import numpy as np

from incentive_opt.calibrate import compare, delivery, promised
from incentive_opt.certify.best_response import to_response
from incentive_opt.certify.practice_problem import FloatArray, PracticeProblem
from incentive_opt.certify.status_quo import status_quo
from incentive_opt.domain.instance import Instance, Practice
from incentive_opt.domain.response import Response
from incentive_opt.files import read_instance

FOLDER = Path(__file__).resolve().parents[1] / "instances" / "medicaid_statewide"
START, END = "<!-- tables: start (written by the calibration) -->", "<!-- tables: end -->"

# Shares of a need's events that each way of delivering care covers today: (target, tolerance). Nobody
# observed these; they are our picture of fee for service, so their tolerances are wide.
DELIVERY_TARGETS = {
    "well_visit_long": (0.06, 0.05),
    "well_visit_np": (0.12, 0.06),
    "vaccine_clinician": (0.20, 0.15),
    "developmental_screen_referral": (0.04, 0.03),
    "behavioural_screen": (0.40, 0.15),
    "behavioural_screen_handoff": (0.03, 0.03),
    "sick_visit_physician": (0.60, 0.06),
    "sick_visit_np": (0.20, 0.08),
    "e_visit": (0.04, 0.04),
    "nurse_triage": (0.08, 0.04),
    "asthma_care_team": (0.05, 0.03),
    "adhd_phone": (0.04, 0.03),
    "mental_health_visit": (0.35, 0.07),
    "mental_health_collaborative": (0.05, 0.03),
    "coordination_visit": (0.20, 0.08),
    "coordination_staff": (0.12, 0.05),
    "minor_procedure": (0.85, 0.10),
    "fluoride_varnish": (0.216, 0.05),
    "social_screen_navigation": (0.10, 0.06),
}
ALTRUISM_RANGE, SCALE_RANGE, EFFORT_RANGE = (5_000.0, 30_000.0), (0.5, 2.0), (0.0, 150.0)
SHARPNESS = 3.0  # observed quantities are fitted to a third of their tolerance
NUDGE = 0.05  # weight of a pull towards the starting values and towards an effort scale of 1


@dataclasses.dataclass(frozen=True)
class Fitted:
    """The values that calibration may change, in the order of the files."""

    altruism: FloatArray
    scale: FloatArray
    effort: FloatArray


class StatusQuoSolver:
    """Best response of one practice to today's contract, solved again quickly for other fitted values."""

    def __init__(self, instance: Instance, practice: Practice) -> None:
        self.problem = PracticeProblem(instance, practice, instance.status_quo)
        names = [service.name for service in instance.services]
        size = len(self.problem.columns)
        self.services = np.zeros((size, len(names)))
        own = dataclasses.replace(practice, altruism=0.0, effort_scale=0.0)
        self.base = PracticeProblem(instance, own, instance.status_quo).utility.coefficients
        caring = dataclasses.replace(own, altruism=1.0)
        self.own = PracticeProblem(instance, caring, instance.status_quo).utility.coefficients - self.base
        for (kind, item, _), column in self.problem.columns.items():
            if kind == "service":
                self.services[column, names.index(item)] = 1.0
        self.columns = np.arange(size, dtype=np.int32)
        self.solver = self._load()

    def _load(self) -> highspy.Highs:
        problem, model = self.problem, highspy.HighsLp()
        matrix = problem.matrix.tocsc()
        model.num_col_, model.num_row_ = len(problem.columns), len(problem.row_upper)
        model.col_cost_ = np.zeros(model.num_col_)
        model.col_lower_, model.col_upper_ = problem.lower, problem.upper
        model.row_lower_ = np.full(model.num_row_, -highspy.kHighsInf)
        model.row_upper_ = problem.row_upper
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = matrix.indptr
        model.a_matrix_.index_ = matrix.indices
        model.a_matrix_.value_ = matrix.data
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.passModel(model)
        return solver

    def response(self, altruism: float, scale: float, effort: FloatArray) -> Response:
        """The best response at these fitted values."""
        utility = self.base + altruism * self.own - scale * (self.services @ effort)
        self.solver.changeColsCost(len(utility), self.columns, -utility)
        self.solver.run()
        return to_response(self.problem, np.array(self.solver.getSolution().col_value))


def distance(instance: Instance, responses: dict[str, Response], values: Fitted, start: Fitted) -> float:
    """How far the status quo is from the targets: a sum of squares, one unit per tolerance."""
    total = 0.0
    for row in instance.observed:
        if row.quantity != "net_income":  # fixed costs settle it, not the fitted values
            found = promised(instance, row.quantity, row.practice, responses)
            total += (SHARPNESS * (found - row.value) / row.tolerance) ** 2
    shares = delivery(instance, responses)
    total += sum(((shares[name] - aim) / width) ** 2 for name, (aim, width) in DELIVERY_TARGETS.items())
    pull = np.sum(np.log(values.altruism / start.altruism) ** 2) / 0.25**2
    pull += np.sum(np.log(values.scale) ** 2) / 0.25**2
    pull += np.sum((values.effort - start.effort) ** 2) / 50.0**2
    return total + NUDGE * float(pull)


def move(values: Fitted, random: np.random.Generator) -> Fitted:
    """A trial: other efforts of one or two services, or another altruism or scale of one practice."""
    altruism, scale, effort = values.altruism.copy(), values.scale.copy(), values.effort.copy()
    draw = random.random()
    if draw < 0.45:
        for service in random.integers(len(effort), size=random.integers(1, 3)):
            step = random.normal() * random.choice([0.5, 2.0, 6.0, 15.0])
            effort[service] = round(float(np.clip(effort[service] + step, *EFFORT_RANGE)), 1)
        return Fitted(altruism, scale, effort)
    practice = int(random.integers(len(altruism)))
    factor = math.exp(random.normal() * random.choice([0.03, 0.1, 0.3]))
    if draw < 0.72:
        altruism[practice] = round(float(np.clip(altruism[practice] * factor, *ALTRUISM_RANGE)), -2)
    else:
        scale[practice] = round(float(np.clip(scale[practice] * factor, *SCALE_RANGE)), 3)
    return Fitted(altruism, scale, effort)


def fit(instance: Instance, trials: int, seed: int) -> Fitted:
    """Search for values whose best responses are near the targets."""
    solvers = {p.name: StatusQuoSolver(instance, p) for p in instance.practices}
    names = list(solvers)
    values = start = Fitted(
        np.array([p.altruism for p in instance.practices]),
        np.array([p.effort_scale for p in instance.practices]),
        np.array([s.effort_cost for s in instance.services]),
    )

    def answer(number: int, trial: Fitted) -> Response:
        return solvers[names[number]].response(trial.altruism[number], trial.scale[number], trial.effort)

    responses = {name: answer(number, values) for number, name in enumerate(names)}
    now = distance(instance, responses, values, start)
    heat = 0.02 * now
    random = np.random.default_rng(seed)
    print(f"distance from the targets at the start: {now:.2f}")
    for count in range(trials):
        trial = move(values, random)
        changed = [
            number
            for number in range(len(names))
            if trial.altruism[number] != values.altruism[number]
            or trial.scale[number] != values.scale[number]
            or not np.array_equal(trial.effort, values.effort)
        ]
        other = {**responses, **{names[number]: answer(number, trial) for number in changed}}
        then = distance(instance, other, trial, start)
        warmth = max(1e-9, heat * (1.0 - count / trials) ** 2)
        if then < now or random.random() < math.exp((now - then) / warmth):
            values, responses, now = trial, other, then
    print(f"distance from the targets at the end: {now:.2f}")
    return values


def rewrite(path: Path, change: Callable[[int, dict[str, str]], None]) -> None:
    """Change the rows of a CSV table in place."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        change(number, row)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def save(values: Fitted) -> None:
    """Write the fitted values into the tables of the instance."""

    def practice(number: int, row: dict[str, str]) -> None:
        row["altruism"] = f"{values.altruism[number]:g}"
        row["effort_scale"] = f"{values.scale[number]:g}"

    def service(number: int, row: dict[str, str]) -> None:
        row["effort_cost"] = f"{values.effort[number]:g}"

    rewrite(FOLDER / "practices.csv", practice)
    rewrite(FOLDER / "services.csv", service)


def tables(instance: Instance) -> str:
    """Promised against observed, how care is delivered, and what practices earn, in Markdown."""
    today = status_quo(instance)
    lines = ["| practice | quantity | promised | observed | tolerance | |", "|---|---|---:|---:|---:|---|"]
    for row in compare(instance, today.responses):
        digits = 3 if row.quantity.startswith("rate:") else 0
        figures = " | ".join(f"{v:,.{digits}f}" for v in (row.promised, row.observed, row.tolerance))
        verdict = "within" if row.holds else "**outside**"
        lines.append(f"| {row.practice} | `{row.quantity}` | {figures} | {verdict} |")
    lines += ["", "| service | share of its need covered today | fee today [USD] |", "|---|---:|---:|"]
    for name, share in delivery(instance, today.responses).items():
        lines.append(f"| `{name}` | {100 * share:.0f} % | {instance.status_quo.fees.get(name, 0.0):.2f} |")
    lines += [
        "",
        "| practice type | number | altruism [USD/QALY] | effort scale | children per practitioner "
        "| of the Medicaid children who ask, kept | net income per clinician [USD] |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    contracted = {s.name for s in instance.segments if s.contracted}
    for p in instance.practices:
        panel = today.responses[p.name].panel
        asked = sum(q.demanded for q in instance.panels if q.practice == p.name and q.segment in contracted)
        kept = sum(n for segment, n in panel.items() if segment in contracted)
        each = sum(panel.values()) / (p.fte["clinician"] + p.fte["np"])
        income = today.accounts[p.name].net_income / p.fte["clinician"]
        lines.append(
            f"| {p.label} | {p.count:g} | {p.altruism:,.0f} | {p.effort_scale:.2f} | {each:,.0f} "
            f"| {100 * kept / asked:.0f} % | {income:,.0f} |"
        )
    outlay = today.outlay / 1e6
    lines += ["", f"Health today {today.health:,.0f} QALY/year, outlay {outlay:,.1f} million USD/year."]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Calibrate medicaid_statewide and write its README tables.")
    parser.add_argument("--fit", type=int, default=0, metavar="TRIALS", help="fit first, with so many trials")
    parser.add_argument("--seed", type=int, default=0, help="seed of the search")
    options = parser.parse_args()
    instance = read_instance(FOLDER)
    if options.fit > 0:
        save(fit(instance, options.fit, options.seed))
        instance = read_instance(FOLDER)
    readme = FOLDER / "README.md"
    text = readme.read_text(encoding="utf-8")
    before, rest = text.split(START)
    _, after = rest.split(END)
    written = f"{before}{START}\n\n{tables(instance)}\n\n{END}{after}"
    readme.write_text(written, encoding="utf-8")
    print(tables(instance))


if __name__ == "__main__":
    main()
