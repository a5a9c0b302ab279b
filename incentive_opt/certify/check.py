"""Every promise of a design, re-checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from incentive_opt.certify.attainment_checks import as_designed, check_targets
from incentive_opt.certify.best_response import NoResponse
from incentive_opt.certify.ceiling import benchmarks_known, health_ceiling
from incentive_opt.certify.checks import (
    CENT,
    Check,
    at_most,
    entries,
    fact,
    number,
    optional_number,
    share_tolerance,
    text,
)
from incentive_opt.certify.claims import CEILING
from incentive_opt.certify.contract_checks import (
    check_contract,
    check_listed_levers,
    same_prices,
    stricter,
)
from incentive_opt.certify.detail_checks import (
    check_kind,
    check_practice_details,
    check_rules_listed,
    check_terms,
    check_titles,
    kinds_in,
)
from incentive_opt.certify.incentive_checks import check_incentives, pessimistic_health, utility_tolerance
from incentive_opt.certify.pools import check_pools
from incentive_opt.certify.promise_checks import (
    TOTALS,
    check_activities,
    check_first_best,
    check_gap,
    check_incentive_slack,
    check_incomes,
    check_pessimistic,
    check_practice_figures,
    check_totals,
)
from incentive_opt.certify.real_year_checks import check_real_year
from incentive_opt.certify.response_checks import check_response, check_tiers
from incentive_opt.certify.robustness_checks import check_robustness
from incentive_opt.certify.rule_checks import check_money_rules
from incentive_opt.certify.rule_words import check_details
from incentive_opt.certify.status_quo import StatusQuo, budget, status_quo
from incentive_opt.certify.sums_checks import check_labels, check_sums
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.harm import units_of_health
from incentive_opt.domain.instance import Instance, Practice
from incentive_opt.domain.kinds import in_kinds
from incentive_opt.domain.lines import Benchmarks
from incentive_opt.domain.payment_model import PaymentModel, may_owe
from incentive_opt.domain.response import Response
from incentive_opt.errors import InputError, Problem
from incentive_opt.parallel import side_by_side
from incentive_opt.payment import Account, account


def certify(
    instance: Instance,
    model: PaymentModel,
    contract: Contract,
    responses: Sequence[Response],
    design: Mapping[str, Any],
) -> list[Check]:
    """Re-check every promise of a design.

    Parameters
    ----------
    instance : Instance
    model : PaymentModel
    contract : Contract
        As in contract.toml.
    responses : sequence of Response
        As in responses.csv: the intended response of each practice type.
    design : mapping
        design.json.

    Returns
    -------
    list of Check
        A design keeps its promises if all are ``ok``.

    Raises
    ------
    InputError
        design.json lacks a figure that must be there, or it is not a finite number.
    """
    _need_a_design(design)
    of_types = as_designed(_with_budget_of(instance, design), design)
    instance = in_kinds(of_types, kinds_in(design))
    before = status_quo(instance)
    checks = [*_identity(instance, model, design), *check_labels(instance, of_types, design)]
    of_contract = check_contract(instance, model, contract, before.responses)
    checks += of_contract
    checks += check_listed_levers(instance, model, contract, design)
    by_name = {response.practice: response for response in responses}
    listed = [(text(entry, "practice"), entry) for entry in entries(design, "practices")]
    promised = dict(listed)
    checks += _same_practices(instance, [r.practice for r in responses], [name for name, _ in listed])
    margin = number(design, "margin_usd")
    in_force = same_prices(instance, contract, instance.status_quo)
    checks += check_terms(instance, design, in_force)
    share = optional_number(design, "altruism_margin") or 0.0
    asked = replace(instance, margin=margin, altruism_margin=share)
    checks += check_targets(of_types, design)
    checks += check_robustness(of_types, design)
    pessimistic = _pessimistic(instance, contract, margin)
    if all(practice.name in by_name for practice in instance.practices):
        checks += check_pools(
            instance, contract, [by_name[practice.name] for practice in instance.practices], design
        )
    of_practices, possible = _practices(asked, contract, by_name, promised, before, pessimistic, in_force)
    checks += of_practices
    answers = side_by_side(
        lambda one: check_incentives(
            instance, one.practice, contract, one.figures, one.today, one.health_unit, one.margin
        ),
        possible,
    )
    incentives = [check for answer in answers for check in answer]
    checks += incentives
    accounts = {one.practice.name: one.figures for one in possible}
    if len(accounts) == len(instance.practices):
        rules = stricter(instance.rules, model.rules)
        of_money = check_money_rules(instance, rules, accounts, before.responses)
        checks += [*of_money, check_rules_listed(design, instance, of_contract + of_money)]
        checks += check_details(instance, design, of_contract + of_money, accounts, before)
        checks += check_sums(instance, design, by_name, accounts, before)
        checks += _foreseen(of_types, contract, by_name, before, design, accounts)
        checks += _whole(
            instance, model, design, accounts, incentives, before, pessimistic, contract.benchmarks
        )
    return checks


@dataclass(frozen=True)
class _Possible:
    """A practice whose intended response is possible: what that comes to, and the margin asked of it.

    Attributes
    ----------
    figures, today : Account
        Under the design's contract, and under the contract in force.
    health_unit : float
        1 % of harm to health [QALY/year]
    margin : float
        [USD per practice and year, per 1 % of harm]
    """

    practice: Practice
    figures: Account
    today: Account
    health_unit: float
    margin: float


def _practices(
    asked: Instance,
    contract: Contract,
    responses: Mapping[str, Response],
    promised: Mapping[str, Mapping[str, Any]],
    before: StatusQuo,
    pessimistic: Mapping[str, float],
    in_force: bool,
) -> tuple[list[Check], list[_Possible]]:
    """Checks of each practice by itself; and those whose response is possible, to ask whether it is best."""
    checks: list[Check] = []
    possible: list[_Possible] = []
    units = units_of_health(asked, {name: own.health for name, own in before.accounts.items()})
    for practice in asked.practices:
        name = practice.name
        if name not in responses or name not in promised:
            continue
        response, entry = responses[name], promised[name]
        feasible = check_response(asked, practice, response)
        checks += feasible
        checks += check_activities(practice, entry, response)
        if not feasible[0].ok:
            continue
        checks += check_tiers(asked, practice, contract, response, entries(entry, "tiers"))
        figures, today = account(asked, contract, response), before.accounts[name]
        checks += check_kind(practice, entry)
        checks += check_practice_figures(practice, entry, figures, today)
        checks += check_practice_details(asked, practice, entry, figures, before, pessimistic.get(name))
        margin = max(
            asked.margin,
            optional_number(entry, "incentive_margin_usd") or 0.0,
            0.0 if in_force else asked.margin_of(practice, units[name]),
        )
        possible.append(_Possible(practice, figures, today, units[name], margin))
    return checks, possible


def _foreseen(
    of_types: Instance,
    contract: Contract,
    responses: Mapping[str, Response],
    before: StatusQuo,
    design: Mapping[str, Any],
    accounts: Mapping[str, Account],
) -> list[Check]:
    """What is foreseen of a real year."""
    kinds = kinds_in(design)
    practices = in_kinds(of_types, kinds).practices
    health = sum(practice.count * accounts[practice.name].health for practice in practices)
    outlay = sum(practice.count * accounts[practice.name].outlay for practice in practices)
    return check_real_year(of_types, kinds, contract, responses, before, design, health, outlay)


def _with_budget_of(instance: Instance, design: Mapping[str, Any]) -> Instance:
    """The instance, with the design's budget where it says that it was made for another one."""
    terms = design.get("budget")
    if not isinstance(terms, Mapping) or terms.get("overrides_instance") is not True:
        return instance
    return replace(instance, budget=number(design, "budget", "limit_usd"))


def _need_a_design(design: Mapping[str, Any]) -> None:
    status = text(design, "status")
    if status not in ("optimal", "feasible"):
        raise InputError(
            [Problem("design.json", "status", status, "optimal or feasible", "There is no design to verify.")]
        )


def _identity(instance: Instance, model: PaymentModel, design: Mapping[str, Any]) -> list[Check]:
    """The instance and model beside the design are those it was made for."""
    note = "the copy beside the design is not what it was made for"
    return [
        fact(
            "files",
            "the instance has the promised hash",
            text(design, "instance", "sha256") == instance.sha256,
            note,
        ),
        fact(
            "files", "the model has the promised hash", text(design, "model", "sha256") == model.sha256, note
        ),
        *check_titles(design, {"instance": instance.title, "model": model.title}),
    ]


def _same_practices(instance: Instance, responses: Sequence[str], promised: Sequence[str]) -> list[Check]:
    names = [p.name for p in instance.practices]
    checks = []
    for file, given in (("responses.csv", responses), ("design.json", promised)):
        wrong = [f"{n} is missing" for n in names if n not in given]
        wrong += [f"{n} is not in the instance" for n in given if n not in names]
        wrong += [f"{n} stands there twice" for n in names if list(given).count(n) > 1]
        checks.append(fact("files", f"{file} has every practice type once", not wrong, "; ".join(wrong)))
    return checks


def _whole(
    instance: Instance,
    model: PaymentModel,
    design: Mapping[str, Any],
    accounts: Mapping[str, Account],
    incentives: list[Check],
    before: StatusQuo,
    pessimistic: Mapping[str, float],
    benchmarks: Benchmarks,
) -> list[Check]:
    """Checks over all practices together."""
    checks = check_incomes(instance, accounts, before)
    checks += check_totals(instance, design, accounts, before)
    tolerance = max(utility_tolerance(a.revenue.total) for a in accounts.values())
    checks.append(check_incentive_slack(design, incentives, tolerance))
    if len(pessimistic) == len(instance.practices):
        total = sum(p.count * pessimistic[p.name] for p in instance.practices)
        checks += check_pessimistic(design, total)
    else:
        checks.append(fact(TOTALS, "pessimistic health", False, "it could not be computed"))
    health = sum(p.count * accounts[p.name].health for p in instance.practices)
    allowed = status_quo_allowed(instance, model, before)
    checks += check_gap(design, number(design, "objective", "health_qaly"), before, allowed)
    checks += check_first_best(design, health_ceiling(instance, None, before, owing=may_owe(model)))
    known = benchmarks_known(instance, model, benchmarks)
    ceiling = health_ceiling(instance, model, before, benchmarks) if known else None
    if ceiling is not None:
        checks.append(at_most(TOTALS, CEILING, health, ceiling, "QALY/year", share_tolerance(ceiling)))
    return checks


def _pessimistic(instance: Instance, contract: Contract, margin: float) -> dict[str, float]:
    """Pessimistic health of each practice type; those for which it cannot be computed are left out."""

    def one(practice: Practice) -> float | None:
        with suppress(NoResponse):
            return pessimistic_health(instance, practice, contract, margin)
        return None

    found = zip(instance.practices, side_by_side(one, instance.practices), strict=True)
    return {practice.name: health for practice, health in found if health is not None}


def status_quo_allowed(instance: Instance, model: PaymentModel, before: StatusQuo) -> bool:
    """Whether the contract in force itself meets every constraint, so that no bound may lie below it."""
    if before.outlay > budget(instance, before) + CENT:
        return False
    if not instance.income_floor <= 1.0 <= instance.income_ceiling:
        return False
    rules = stricter(instance.rules, model.rules)
    checks = check_contract(instance, model, instance.status_quo, before.responses)
    checks += check_money_rules(instance, rules, before.accounts, before.responses)
    return all(check.ok for check in checks)
