"""What an investor's return does to care, and what prices undo: the signs the story rests on."""

from __future__ import annotations

import dataclasses
import secrets
from pathlib import Path

import pytest

from incentive_opt.calibrate import compare
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.response import Response
from incentive_opt.files import read_instance
from incentive_opt.files.contracts import read_contract
from incentive_opt.formulation.status_quo import respond
from incentive_opt.payment import Account, account

FOLDER = Path(__file__).resolve().parents[2] / "instances" / "investor_owned"
SHARE = 0.15


@pytest.fixture(scope="module")
def instance() -> Instance:
    return read_instance(FOLDER)


@pytest.fixture(scope="module")
def raised(instance: Instance) -> Contract:
    return read_contract(FOLDER / "contract_fees_raised.toml", instance)


def answers(instance: Instance, contract: Contract) -> dict[str, tuple[Response, Account]]:
    """What each practice type does, and its accounts."""
    found = zip(instance.practices, respond(instance, contract), strict=True)
    return {p.name: (a.response, account(instance, contract, a.response)) for p, a in found}


def same_care(one: Response, other: Response) -> bool:
    """Whether both deliver the same services, to a service a year."""
    keys = set(one.services) | set(other.services)
    return all(abs(one.services.get(key, 0.0) - other.services.get(key, 0.0)) < 1.0 for key in keys)


def test_today_is_near_what_is_observed(instance: Instance) -> None:
    """A practice owned by its physicians has the published rates, panel, visits and pay, within tolerance."""
    assert [row for row in compare(instance) if not row.holds] == []


def test_types_differ_in_ownership_only(instance: Instance) -> None:
    """The same staff and children; a share of revenue is all costs, effort and altruism divided by 1 - s."""
    practices = {p.name: p for p in instance.practices}
    own, shared = practices["independent"], practices["revenue_share"]
    keep = 1.0 - SHARE
    for name in ("altruism", "effort_scale", "fixed_cost", "cost_per_child"):
        assert getattr(shared, name) == pytest.approx(getattr(own, name) / keep), name
    assert shared.overtime_wage_multiples == pytest.approx([m / keep for m in own.overtime_wage_multiples])
    assert practices["fixed_return"] == dataclasses.replace(
        own,
        name="fixed_return",
        ownership="investor",
        count=practices["fixed_return"].count,
        fixed_cost=own.fixed_cost + 277_500.0,
        label=practices["fixed_return"].label,
        source=practices["fixed_return"].source,
    )
    assert all(service.supply_cost == 0.0 for service in instance.services)


def test_a_fixed_sum_changes_no_care(instance: Instance, raised: Contract) -> None:
    """What is paid in any case changes nothing that is done, and comes out of income as it is."""
    for contract in (instance.status_quo, raised):
        found = answers(instance, contract)
        (own, before), (fixed, after) = found["independent"], found["fixed_return"]
        assert same_care(own, fixed)
        assert before.net_income - after.net_income == pytest.approx(277_500.0)


def test_a_share_of_revenue_is_a_cut_of_all_fees(instance: Instance) -> None:
    """The practice with a share does what a physician-owned one would do at 85 % of the fees."""
    cut = Contract(fees={name: (1.0 - SHARE) * fee for name, fee in instance.status_quo.fees.items()})
    shared = answers(instance, instance.status_quo)["revenue_share"][0]
    assert same_care(shared, answers(instance, cut)["independent"][0])


def test_a_share_costs_health(instance: Instance) -> None:
    """At today's fees: 5 to 15 % less health under a share of revenue, less again with a work plan."""
    found = {name: accounts.health for name, (_, accounts) in answers(instance, instance.status_quo).items()}
    assert 0.85 < found["revenue_share"] / found["independent"] < 0.95
    assert found["share_and_plan"] < found["revenue_share"]


def test_a_work_plan_brings_visits_not_health(instance: Instance) -> None:
    """With the investor's plan there are more visits than in a physician-owned practice, less health."""
    found = answers(instance, instance.status_quo)
    (own, before), (planned, after) = found["independent"], found["share_and_plan"]
    assert sum(planned.services.values()) > sum(own.services.values())
    assert after.health < 0.95 * before.health


def test_raised_fees_undo_the_share_exactly(instance: Instance, raised: Contract) -> None:
    """Fees over 0.85: the same care, and the same income after the investor's part, as without one."""
    assert raised.fees == pytest.approx(
        {name: fee / (1.0 - SHARE) for name, fee in instance.status_quo.fees.items()}, rel=1e-5
    )
    own, before = answers(instance, instance.status_quo)["independent"]
    shared, after = answers(instance, raised)["revenue_share"]
    assert same_care(own, shared)
    assert after.health == pytest.approx(before.health, rel=1e-4)
    assert (1.0 - SHARE) * after.net_income == pytest.approx(before.net_income, rel=1e-4)


def test_a_drawn_share_is_undone_too(instance: Instance) -> None:
    """The same for any share between nothing and 40 %: prices over 1 - s bring back what was done before."""
    seed = secrets.randbits(32)
    keep = 1.0 - 0.4 * (seed % 1000) / 1000.0
    own = next(p for p in instance.practices if p.name == "independent")
    bought = dataclasses.replace(
        own,
        altruism=own.altruism / keep,
        effort_scale=own.effort_scale / keep,
        overtime_wage_multiples=tuple(m / keep for m in own.overtime_wage_multiples),
        fixed_cost=own.fixed_cost / keep,
        cost_per_child=own.cost_per_child / keep,
    )
    panels = tuple(panel for panel in instance.panels if panel.practice == own.name)
    town = dataclasses.replace(instance, practices=(bought,), panels=panels)
    paid = Contract(fees={name: fee / keep for name, fee in instance.status_quo.fees.items()})
    (answer,) = respond(town, paid)
    assert same_care(answer.response, answers(instance, instance.status_quo)["independent"][0]), (
        f"seed {seed}"
    )


def test_what_raised_fees_cost(instance: Instance, raised: Contract) -> None:
    """Outlay rises by more than the fees, since physician-owned practices are paid more and do more, too."""
    counts = {p.name: p.count for p in instance.practices}

    def outlay(contract: Contract) -> float:
        return sum(
            counts[name] * accounts.outlay for name, (_, accounts) in answers(instance, contract).items()
        )

    assert outlay(raised) / outlay(instance.status_quo) == pytest.approx(1.257, abs=0.003)
