"""Payment models become prices with bounds."""

import pytest

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Measure, Rules, Segment
from incentive_opt.domain.payment_model import LeverRule, PaymentModel
from incentive_opt.domain.sharing import PLAIN, Sharing
from incentive_opt.errors import InputError
from incentive_opt.formulation.levers import combine, levers, stricter
from tests.formulation.hand_made import instance, need, service


def made():
    """A paid and an unpaid service, a contracted and another segment, a measure of two tiers."""
    return instance(
        segments=(Segment("child", "", 1.0), Segment("other", "", 1.0, False, 1.0)),
        needs=(need(), need(segment="other")),
        services=(service("visit"), service("call", rvu=0.0)),
        measures=(Measure("rate", "", {"visit": 1.0}, "well_care", (), (0.5, 0.8), 0.0),),
        status_quo=Contract(fees={"visit": 50.0}, bonuses={("rate", 1): 4.0}),
    )


def model(*rules, **changes):
    """A payment model of these lever rules."""
    return PaymentModel(
        changes.get("name", "test"), "", "", rules, changes.get("rules", Rules()),
        sharing=changes.get("sharing", PLAIN),
    )  # fmt: skip


def bounds(*rules):
    """(kind, of, tier) -> (lower, upper)."""
    return {(one.kind, one.of, one.tier): (one.lower, one.upper) for one in levers(made(), model(*rules))}


def test_without_rules_everything_stays_as_it_is():
    """Every price of the instance is there, fixed; other payers' segments have no capitation."""
    assert bounds() == {
        ("fee", "visit", 0): (50, 50),
        ("fee", "call", 0): (0, 0),
        ("capitation", "child", 0): (0, 0),
        ("bonus", "rate", 1): (4, 4),
        ("bonus", "rate", 2): (0, 0),
    }


def test_multiples_where_something_is_paid_today_else_absolute_bounds():
    """50 USD may halve or double; an unpaid service may get up to 30 USD."""
    given = bounds(LeverRule("fee", (), 0.0, 30.0, "", 0.5, 2.0))
    assert given["fee", "visit", 0] == (25, 100)
    assert given["fee", "call", 0] == (0, 30)


def test_two_rules_for_one_price_give_the_widest_bounds():
    """0.9 to 1.2 and 0.5 to 1.1 make 0.5 to 1.2, in one model or in two combined."""
    one = LeverRule("fee", ("visit",), 0.0, 0.0, "", 0.9, 1.2)
    other = LeverRule("fee", ("visit",), 0.0, 0.0, "", 0.5, 1.1)
    together = combine([model(one), model(other)])
    for given in (levers(made(), model(one, other)), levers(made(), together)):
        visit = next(lever for lever in given if lever.of == "visit")
        assert (visit.lower, visit.upper) == pytest.approx((25, 60))


def test_combining_takes_the_stricter_rules():
    """Fewest measures of both, neutral if either is, the smaller tolerance of those that are."""
    one = Rules(rvu_budget_neutral=True, rvu_neutral_tolerance=0.01, max_measures=3)
    other = Rules(rvu_neutral_tolerance=0.0, max_measures=2, max_tiers=1)
    assert combine([model(rules=one), model(rules=other)]).rules == Rules(True, 0.01, None, 2, 1)
    assert stricter(one, Rules(True, 0.001)).rvu_neutral_tolerance == 0.001


SAVINGS = LeverRule("shared_savings", (), 0.0, 0.5, "USD/USD saved")


@pytest.mark.parametrize("other", [PLAIN, Sharing(0.02), Sharing(0.01, quality_gate=True)])
def test_terms_of_sharing_that_differ_cannot_be_joined(other):
    """Neither's terms would be kept for both; every model is named with its own terms, then what to do."""
    one = Sharing(0.01, 0.25, 0.0)
    models = [model(SAVINGS, sharing=one, name="first"), model(SAVINGS, sharing=other, name="second")]
    with pytest.raises(InputError) as caught:
        combine(models)
    first, second = caught.value.problems
    assert (first.file, first.value) == (
        "first", "minimum = 0.01, most_gained = 0.25, most_lost = 0, quality_gate = false",
    )  # fmt: skip
    assert second.file == "second"
    assert second.value != first.value
    assert "copy one model's file" in second.remedy


def test_terms_of_sharing_survive_where_they_agree():
    """Same terms twice, or beside a model that shares no savings, are these terms."""
    terms = Sharing(0.02, most_lost=0.2)
    own = model(SAVINGS, sharing=terms)
    for others in ([own], [model()], [model(sharing=terms)], [model(), own]):
        assert combine([own, *others]).sharing == terms
        assert combine([*others, own]).sharing == terms
    assert combine([model(SAVINGS), model()]).sharing == PLAIN


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (LeverRule("fee", ("visti",), 0.0, 9.0, ""), "visti"),
        (LeverRule("capitation", ("other",), 0.0, 9.0, ""), "other"),
        (LeverRule("fee", ("visit",), 0.0, 40.0, ""), "status quo, 50"),
        (LeverRule("bonus", (), 5.0, 9.0, ""), "status quo, 4"),
        (LeverRule("bonus", (), -5.0, 9.0, ""), "never negative"),
        (LeverRule("capitation", (), 2.0, 1.0, ""), "not above the upper"),
    ],
)
def test_wrong_bounds_and_names_are_said(rule, said):
    """Each as an input error that names what is wrong."""
    with pytest.raises(InputError, match=said):
        levers(made(), model(rule))


def test_all_problems_are_said_at_once():
    """Two wrong rules, at least two problems."""
    with pytest.raises(InputError) as caught:
        levers(
            made(), model(LeverRule("fee", ("visti",), 0.0, 9.0, ""), LeverRule("bonus", (), 5.0, 9.0, ""))
        )
    assert len(caught.value.problems) >= 2
