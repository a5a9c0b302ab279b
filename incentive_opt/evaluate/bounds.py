"""What no contract can pass, and how much of the way there a contract goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from incentive_opt.certify.attainment_checks import as_designed
from incentive_opt.certify.checks import Check
from incentive_opt.certify.contract_checks import check_contract, same_prices, stricter
from incentive_opt.certify.detail_checks import kinds_in
from incentive_opt.certify.incentive_checks import check_incentives
from incentive_opt.certify.rule_checks import check_money_rules
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.harm import units_of_health
from incentive_opt.domain.instance import Instance, Rules
from incentive_opt.domain.kinds import in_kinds
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.errors import InputError, Problem
from incentive_opt.evaluate.answers import Answers
from incentive_opt.evaluate.conditions import BUDGET, INCOME, accounts_of, broken, by_name
from incentive_opt.files import read_run_folder
from incentive_opt.formulation.build import build
from incentive_opt.formulation.first_best import first_best

NO_GAIN = 1e-9
"""A bound that is above the contract in force by less than this share leaves nothing to gain."""
NAMED = 3
"""So many reasons of a kind are named."""
LOOSE = (
    "The first best: the health if every practice did what the payer would choose, within budget and income "
    "limits. No contract that keeps these passes it. It is loose, as it leaves out that practices choose for "
    "themselves; a design made by `solve`, given with --design, has a closer bound."
)
NO_FIRST_BEST = (
    "No payment at all keeps the budget and every income limit together, so there is no first best."
)


@dataclass(frozen=True)
class BestDesign:
    """A design to compare with.

    Attributes
    ----------
    instance : Instance
        As the design takes it: with its budget and the rates that practices aim at.
    health, bound : float or None
        [QALY/year]
    margin : float
        Incentive margin [USD per practice and year, per 1 % of harm].
    terms : tuple of str
        What the design sets in place of the instance's terms, in words.
    """

    folder: str
    instance: Instance
    model: PaymentModel
    contract: Contract
    health: float | None
    bound: float | None
    margin: float
    terms: tuple[str, ...]


def read_best_design(path: str | Path, instance: Instance) -> BestDesign:
    """Read a design's run folder; it must have been made for the same instance.

    Raises
    ------
    InputError
        The folder is bad, the design was made for another instance, or there is none in it.
    """
    design, kept, model, contract = read_run_folder(path)
    if kept.sha256 != instance.sha256:
        remedy = "Evaluate on the instance kept with the design, or make a design for this one."
        expected = f"a design for this instance, sha256 {instance.sha256[:12]}…"
        found = f"{kept.name}, sha256 {kept.sha256[:12]}…"
        raise InputError([Problem(str(path), "instance", found, expected, remedy)])
    if design["status"] not in ("optimal", "feasible"):
        expected = "a design that was found (optimal or feasible)"
        raise InputError([Problem(str(path), "status", design["status"], expected)])
    taken, terms = _as_taken(instance, design)
    return BestDesign(
        folder=str(path),
        instance=taken,
        model=model,
        contract=contract,
        health=design["objective"]["health_qaly"],
        bound=design["objective"]["upper_bound_qaly"],
        margin=float(design.get("margin_usd") or 0.0),
        terms=tuple(terms),
    )


def _as_taken(instance: Instance, design: dict[str, Any]) -> tuple[Instance, list[str]]:
    """The instance with the design's budget and targets, where it has its own; and what that is, in words."""
    terms = []
    taken = as_designed(instance, design)
    if taken.attainment:
        terms.append("Practices aim at the design's rates above the thresholds, to be paid almost surely.")
    share = float(design.get("altruism_margin") or 0.0)
    taken = replace(taken, margin=float(design.get("margin_usd") or 0.0), altruism_margin=share)
    if share > 0.0:
        terms.append(
            f"Practices that value a QALY by {100.0 * share:.3g} % less must still answer as intended."
        )
    kinds = kinds_in(design)
    if kinds > 1:
        terms.append(f"Within each type {kinds} kinds of practice are told apart, as in the design.")
    limit = design["budget"]["limit_usd"]
    if design["budget"].get("overrides_instance") is True and limit is not None:
        taken = replace(taken, budget=float(limit))
        terms.append(f"The budget is the design's, {limit:,.2f} USD/year, in place of the instance's.")
    return in_kinds(taken, kinds), terms


def against_design(found: Answers, checks: Sequence[Check], best: BestDesign) -> dict[str, Any]:
    """The contract beside a design and its bound, as plain data."""
    document = _position(found, best.bound)
    document |= {
        "kind": "design",
        "design": best.folder,
        "model": best.model.name,
        "says": f"No contract of the payment model {best.model.name} within budget, income limits, rules and "
        "incentive margin passes the bound of this design.",
        "not_covered_because": _outside_model(found, checks, best),
        "best_health_qaly": best.health,
        "best_share_of_gain": share_of_gain(found.health_today, best.health, best.bound),
    }
    return document


def against_first_best(found: Answers, checks: Sequence[Check]) -> dict[str, Any]:
    """The contract beside the first best of the instance, as plain data."""
    as_it_is = PaymentModel("as_it_is", "", "", (), Rules())
    ceiling = first_best(build(found.instance, as_it_is)[1])
    document = _position(found, None if ceiling is None else ceiling.health)
    return document | {
        "kind": "first_best",
        "design": None,
        "model": None,
        "says": NO_FIRST_BEST if ceiling is None else LOOSE,
        "not_covered_because": _beyond_limits(checks),
        "best_health_qaly": None,
        "best_share_of_gain": None,
    }


def share_of_gain(today: float, health: float | None, bound: float | None) -> float | None:
    """How much of what the bound leaves to gain is gained [1]; None where that is nothing or unknown."""
    if health is None or bound is None or bound - today <= NO_GAIN * max(1.0, abs(today)):
        return None
    return (health - today) / (bound - today)


def _position(found: Answers, bound: float | None) -> dict[str, Any]:
    return {
        "bound_qaly": bound,
        "status_quo_qaly": found.health_today,
        "health_qaly": found.health,
        "possible_gain_qaly": None if bound is None else bound - found.health_today,
        "gain_qaly": found.health - found.health_today,
        "share_of_gain": share_of_gain(found.health_today, found.health, bound),
    }


def _beyond_limits(checks: Sequence[Check]) -> list[str]:
    """The limits within which bounds hold, where they are broken."""
    breaks = {BUDGET: "it breaks the budget", INCOME: "it breaks income limits"}
    return [words for group, words in breaks.items() if broken(checks, group)]


def _outside_model(found: Answers, checks: Sequence[Check], best: BestDesign) -> list[str]:
    """Why a design's bound need not hold for this contract; nothing if it does."""
    reasons = _beyond_limits(checks)
    today = by_name(found.today)
    rules = stricter(found.instance.rules, best.model.rules)
    of_model = check_contract(found.instance, best.model, found.contract, today)
    of_model += check_money_rules(found.instance, rules, accounts_of(found), today)
    reasons += [str(check) for check in of_model if not check.ok]
    if same_prices(found.instance, found.contract, found.instance.status_quo):
        return reasons  # the contract in force is a design whatever its margin
    names = [practice.name for practice in found.instance.practices]
    today_of = dict(zip(names, (account.health for account in found.accounts_today), strict=True))
    units = units_of_health(found.instance, today_of)
    unsure = [
        practice.name
        for practice, after, before in zip(
            found.instance.practices, found.accounts, found.accounts_today, strict=True
        )
        if any(
            not check.ok
            for check in check_incentives(
                found.instance,
                practice,
                found.contract,
                after,
                before,
                units[practice.name],
                best.instance.margin_of(practice, units[practice.name]),
            )
        )
    ]
    if unsure:
        said = ", ".join(unsure[:NAMED]) + (", …" if len(unsure) > NAMED else "")
        reasons.append(
            f"the incentive margin that the design keeps is not kept for {said}: "
            "near a tie they may as well choose what is worse for the children or dearer"
        )
    return reasons
