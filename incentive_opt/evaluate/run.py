"""An evaluation: answers, terms, bound and simulated years of one contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.kinds import types_of
from incentive_opt.evaluate.answers import Answers, answers, totals
from incentive_opt.evaluate.bounds import (
    BestDesign,
    against_design,
    against_first_best,
    read_best_design,
)
from incentive_opt.evaluate.conditions import conditions, entry
from incentive_opt.evaluate.paired import differences
from incentive_opt.evaluate.summary import summary
from incentive_opt.expected_shares import with_expected_shares
from incentive_opt.files.named import HasContract, contract_of, instance_of
from incentive_opt.pools import pools_document, shared_pools
from incentive_opt.simulate.run import Progress, simulate

REPLICATIONS = 10
TODAY, THEN = "contract in force", "this contract"
Report = Callable[[str, Progress | None], None]


def evaluate(
    instance: Instance | str | Path,
    contract: Contract | HasContract | str | Path,
    design: BestDesign | str | Path | None = None,
    behaviour: str = "rational",
    replications: int = REPLICATIONS,
    seed: int = 0,
    threads: int | None = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """Hold a contract against the contract in force, the payer's terms and what no contract can pass.

    Parameters
    ----------
    instance : Instance, str or Path
        As it is, by name or by folder.
    contract : Contract, design, str or Path
        As it is; a contract file; a design or its run folder; ``status_quo``. Any prices: they need not lie
        within the ranges of a payment model.
    design : BestDesign, str or Path, optional
        A design for the same instance, or its run folder: its bound is the yardstick. Else the first best.
    behaviour, replications, seed, threads
        Of the simulated years, as in ``incentive_opt.simulate``.
    report : callable, optional
        Called with what is being done in words and, while years are simulated, their ``Progress``.

    Returns
    -------
    dict
        ``optimiser`` (totals and practices in the optimiser's model), ``terms`` (each with its breach),
        ``bound``, ``simulated`` (paired differences), ``summary`` (the bottom line), ``assumed``.

    Raises
    ------
    InputError
        A file is bad, the design is not one for this instance, or an argument makes no sense.
    """
    read = instance_of(instance)
    return _evaluation(
        read, contract_of(contract, read), design, behaviour, replications, seed, threads, report
    )


def _evaluation(
    instance: Instance,
    contract: Contract,
    design: BestDesign | str | Path | None,
    behaviour: str,
    replications: int,
    seed: int,
    threads: int | None,
    report: Report | None,
) -> dict[str, Any]:
    """The evaluation of what was read."""

    def tell(words: str, progress: Progress | None = None) -> None:
        if report is not None:
            report(words, progress)

    tell("asking each practice how it works best")
    contract = with_expected_shares(instance, contract)
    best = design if isinstance(design, BestDesign) or design is None else read_best_design(design, instance)
    taken = instance if best is None else best.instance
    found = answers(taken, contract)
    shared = shared_pools(taken, contract, found.responses)
    checks = conditions(found)
    tell("working out what no contract can pass")
    bound = against_first_best(found, checks) if best is None else against_design(found, checks, best)
    same = contract == instance.status_quo
    before = simulate(
        instance, None, behaviour, replications, seed, threads=threads, report=lambda p: tell(TODAY, p)
    )
    after = before
    if not same:
        after = simulate(
            instance, contract, behaviour, replications, seed, threads=threads, report=lambda p: tell(THEN, p)
        )
    figures = differences(before, after)
    return {
        "schema": 1,
        "instance": {"name": instance.name, "sha256": instance.sha256},
        "contract": {"title": contract.title, "is_status_quo": same},
        "optimiser": {"totals": totals(found), "practices": _practices(found)}
        | ({"pools": pools_document(shared)} if shared else {}),
        "terms": [entry(check) for check in checks],
        "terms_of_the_design": list(best.terms) if best else [],
        "bound": bound,
        "simulated": {
            "behaviour": behaviour,
            "seed": seed,
            "replications": replications,
            "figures": figures,
        },
        "summary": summary(found, checks, figures),
        "assumed": before.assumed,
    }


def _practices(found: Answers) -> list[dict[str, Any]]:
    """Net income, payments and health of one practice of each type, mean over kinds, today and then."""
    practices, then, today = found.instance.practices, found.accounts, found.accounts_today
    return [
        {
            "practice": members.name,
            "count": sum(practices[place].count for place in members.places),
            "net_income_usd": members.mean([one.net_income for one in then]),
            "status_quo_net_income_usd": members.mean([one.net_income for one in today]),
            "revenue_usd": members.mean([one.revenue.total for one in then]),
            "status_quo_revenue_usd": members.mean([one.revenue.total for one in today]),
            "health_qaly": members.mean([one.health for one in then]),
            "status_quo_health_qaly": members.mean([one.health for one in today]),
        }
        for members in types_of(found.instance)
    ]
