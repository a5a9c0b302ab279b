"""The share of capitation at which practices gain by team care, beside the published one (Basu 2017).

    python benchmarks/tipping_point.py                           # the tables
    python benchmarks/tipping_point.py --contract 0.63 my.toml   # write the contract at that share

A practice is put to work in two ways, the traditional one (physician visits, today's panel) and the shifted
one (simple contacts with the team, and the panel that the freed time can serve). Each is paid under contracts
that keep a share of the fees and replace the rest by capitation. A practice gains if the shifted way leaves
it more than the traditional one does today, under fees. In the last tables practices choose how to work.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from incentive_opt.certify import best_response
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance, Practice
from incentive_opt.domain.response import Response
from incentive_opt.files import read_instance
from incentive_opt.files.contracts import write_contract
from incentive_opt.payment import account, effective_care, revenue

NAME = "blended_capitation_tipping_point"
PUBLISHED = {"fees": 78_288.0, "shifted_0": 35_890.0, "shifted_100": 205_418.0, "lose": 0.23, "gain": 0.63}
MOST = 0.95
"""Share of practices that the published tipping points are about."""
MET = 0.95
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.63, 0.7, 0.8, 1.0)
PATIENT, SIMPLE, OTHER = "patient", "simple", "other"
TRADITIONAL = {SIMPLE: "simple_visit", OTHER: "other_visit"}
SHIFTED = {SIMPLE: "team_contact", OTHER: "other_visit"}

Way = Callable[[Instance, Practice], Response]


def traditional(instance: Instance, practice: Practice) -> Response:
    """Today's panel, every contact a physician visit."""
    panel = instance.panel(practice.name, PATIENT)
    assert panel is not None
    return working(instance, practice, panel.minimum, TRADITIONAL)


def shifted(instance: Instance, practice: Practice) -> Response:
    """The larger panel, every simple contact with the team."""
    panel = instance.panel(practice.name, PATIENT)
    assert panel is not None
    return working(instance, practice, panel.demanded, SHIFTED)


def working(instance: Instance, practice: Practice, panel: float, ways: Mapping[str, str]) -> Response:
    """All needs of a panel met in the given ways, with the overtime or hired hours that this takes."""
    services, minutes = {}, dict.fromkeys(instance.staff, 0.0)
    for need, name in ways.items():
        needed = instance.need(need, PATIENT)
        service = next(s for s in instance.services if s.name == name)
        assert needed is not None
        services[name, PATIENT] = needed.events_per_child_year * panel
        for role in minutes:
            minutes[role] += service.minutes[role] * services[name, PATIENT]
    beyond = {
        role: max(0.0, worked / 60.0 - practice.fte[role] * instance.staff[role].hours_per_fte)
        for role, worked in minutes.items()
    }
    overtime = {(role, 0): hours for role, hours in beyond.items() if hours > 0.0}
    response = Response(practice.name, {PATIENT: panel}, services, {}, overtime)
    effective = effective_care(instance, response)
    return Response(practice.name, {PATIENT: panel}, services, effective, overtime)


def capitation_rate(instance: Instance) -> float:
    """What a patient brings in fees in a month today [USD/patient-month]."""
    fees = patients = 0.0
    for practice in instance.practices:
        response = traditional(instance, practice)
        fees += practice.count * revenue(instance, instance.status_quo, response).total
        patients += practice.count * response.panel[PATIENT]
    return fees / patients / 12.0


def blend(instance: Instance, share: float) -> Contract:
    """The contract that pays this share by capitation and the rest by today's fees."""
    fees = {name: (1.0 - share) * usd for name, usd in instance.status_quo.fees.items()}
    return Contract(
        fees=fees,
        capitation={PATIENT: share * capitation_rate(instance)},
        title=f"{100 * share:g} % capitation, the rest today's fees",
    )


def conditional(instance: Instance, share: float) -> Contract:
    """As ``blend``, but the capitation is a bonus for each need, paid where 95 % of its contacts are met."""
    plain = blend(instance, share)
    contacts = sum(need.events_per_child_year for need in instance.needs)
    usd = 12.0 * plain.capitation[PATIENT] / contacts
    last = {measure.name: len(measure.thresholds) for measure in instance.measures}
    return Contract(
        fees=plain.fees,
        bonuses={(name, tier): usd for name, tier in last.items() if usd > 0.0},
        thresholds={(m.name, last[m.name]): m.thresholds[-1] for m in instance.measures},
        title=f"{100 * share:g} % capitation where needs are met, the rest today's fees",
    )


def surpluses(instance: Instance, contract: Contract, way: Way) -> dict[str, float]:
    """Net income per full-time physician of every practice that works in this way [USD/FTE and year]."""
    return {
        practice.name: account(instance, contract, way(instance, practice)).net_income
        / practice.fte["clinician"]
        for practice in instance.practices
    }


def mean(instance: Instance, per_fte: Mapping[str, float]) -> float:
    """Mean over full-time physicians: large practices count for as many as they have."""
    weights = {practice.name: practice.count * practice.fte["clinician"] for practice in instance.practices}
    return sum(weights[name] * value for name, value in per_fte.items()) / sum(weights.values())


def share_gaining(instance: Instance, share: float) -> float:
    """Share of practices, each counted once, that earn more shifted than traditional under fees."""
    before = surpluses(instance, instance.status_quo, traditional)
    after = surpluses(instance, blend(instance, share), shifted)
    gaining = sum(p.count for p in instance.practices if after[p.name] > before[p.name])
    return gaining / sum(p.count for p in instance.practices)


def break_even(instance: Instance) -> dict[str, float]:
    """Share of capitation at which each practice earns the same either way; payment is linear in it."""
    before = surpluses(instance, instance.status_quo, traditional)
    none = surpluses(instance, blend(instance, 0.0), shifted)
    full = surpluses(instance, blend(instance, 1.0), shifted)
    return {name: (before[name] - none[name]) / (full[name] - none[name]) for name in before}


def tipping_points(instance: Instance) -> tuple[float, float]:
    """Shares of capitation below which 95 % of practices lose, and above which 95 % gain."""
    shares = break_even(instance)
    ordered = sorted(instance.practices, key=lambda practice: shares[practice.name])
    total = sum(practice.count for practice in ordered)
    lose = gain = float("nan")
    gaining = 0.0
    for practice in ordered:
        if gaining / total <= 1.0 - MOST:
            lose = shares[practice.name]
        if gaining / total < MOST:
            gain = shares[practice.name]
        gaining += practice.count
    return lose, gain


@dataclass(frozen=True)
class Chosen:
    """What practices choose under a contract, over all of them [1].

    Attributes
    ----------
    panel : float
        Patients, as a multiple of today's.
    team : float
        Share of their patients' simple contacts that the team gives.
    unmet : mapping need -> float
        Share of their patients' contacts that nobody gives.
    shifting : float
        Share of practices that meet 95 % of either need, most of the simple ones with the team.
    """

    panel: float
    team: float
    unmet: Mapping[str, float]
    shifting: float


def chosen(instance: Instance, contract: Contract) -> Chosen:
    """Best responses of all practices, added up."""
    given = dict.fromkeys([*TRADITIONAL.values(), *SHIFTED.values()], 0.0)
    today = patients = shifting = 0.0
    for practice in instance.practices:
        response, _ = best_response(instance, practice, contract)
        today += practice.count * traditional(instance, practice).panel[PATIENT]
        patients += practice.count * response.panel[PATIENT]
        for service in given:
            given[service] += practice.count * response.services[service, PATIENT]
        left = unmet(instance, {s: response.services[s, PATIENT] for s in given}, response.panel[PATIENT])
        teams = response.services[SHIFTED[SIMPLE], PATIENT] > response.services[TRADITIONAL[SIMPLE], PATIENT]
        shifting += practice.count * (teams and max(left.values()) < 1.0 - MET + 1e-6)
    simple = instance.need(SIMPLE, PATIENT)
    assert simple is not None
    return Chosen(
        panel=patients / today,
        team=given[SHIFTED[SIMPLE]] / (simple.events_per_child_year * patients),
        unmet=unmet(instance, given, patients),
        shifting=shifting / sum(p.count for p in instance.practices),
    )


def unmet(instance: Instance, given: Mapping[str, float], patients: float) -> dict[str, float]:
    """Share of each need of these patients that the services given leave unmet [1]."""
    met = dict.fromkeys(TRADITIONAL, 0.0)
    for service in instance.services:
        met[service.need] += given[service.name]
    rates = {need.name: need.events_per_child_year for need in instance.needs}
    return {need: max(0.0, 1.0 - met[need] / (rates[need] * patients)) for need in met}


def tables(instance: Instance) -> list[str]:
    """Surpluses and tipping points, as lines of text."""
    fees = mean(instance, surpluses(instance, instance.status_quo, traditional))
    lines = [
        f"Traditional, under fees: mean surplus {fees:,.0f} USD per full-time physician "
        f"(published {PUBLISHED['fees']:,.0f}).",
        f"Full capitation, as much as fees today: {capitation_rate(instance):.2f} USD per patient and month.",
        "",
        "| capitation | mean surplus, shifted | traditional, same contract | practices that gain |",
        "|---:|---:|---:|---:|",
    ]
    lose, gain = tipping_points(instance)
    for share in sorted({*(step / 10 for step in range(11)), 0.25, PUBLISHED["lose"], PUBLISHED["gain"]}):
        contract = blend(instance, share)
        after = mean(instance, surpluses(instance, contract, shifted))
        same = mean(instance, surpluses(instance, contract, traditional))
        lines.append(f"| {share:.0%} | {after:,.0f} | {same:,.0f} | {share_gaining(instance, share):.1%} |")
    lines += [
        "",
        "| | here | published |",
        "|---|---:|---:|",
        f"| mean surplus, traditional, fees | {fees:,.0f} | {PUBLISHED['fees']:,.0f} |",
    ]
    for share, key in ((0.0, "shifted_0"), (1.0, "shifted_100")):
        after = mean(instance, surpluses(instance, blend(instance, share), shifted))
        lines.append(
            f"| mean surplus, shifted, {share:.0%} capitation | {after:,.0f} | {PUBLISHED[key]:,.0f} |"
        )
    lines += [
        f"| 95 % of practices lose below | {lose:.1%} | {PUBLISHED['lose']:.0%} |",
        f"| 95 % of practices gain from | {gain:.1%} | {PUBLISHED['gain']:.0%} |",
    ]
    return lines


def choices(instance: Instance) -> list[str]:
    """What practices do if nobody tells them how to work, under either kind of capitation."""
    lines = []
    for words, contract in (
        ("Practices choose; capitation whatever care they give", blend),
        ("Practices choose; capitation only for needs that are met to 95 %", conditional),
    ):
        lines += [
            "",
            f"{words}:",
            "",
            "| capitation | panel, today = 1 | simple: team | simple: nobody | other: nobody | shifting |",
            "|---:|---:|---:|---:|---:|---:|",
        ]
        for share in SHARES:
            found = chosen(instance, contract(instance, share))
            lines.append(
                f"| {share:.0%} | {found.panel:.2f} | {found.team:.0%} | {found.unmet[SIMPLE]:.0%} "
                f"| {found.unmet[OTHER]:.0%} | {found.shifting:.1%} |"
            )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Tipping points of capitation, here and as published.")
    parser.add_argument(
        "--contract", nargs=2, metavar=("SHARE", "FILE"), help="write the contract at a share"
    )
    options = parser.parse_args()
    instance = read_instance(NAME)
    if options.contract:
        write_contract(blend(instance, float(options.contract[0])), options.contract[1])
    else:
        print("\n".join([*tables(instance), *choices(instance)]))


if __name__ == "__main__":
    main()
