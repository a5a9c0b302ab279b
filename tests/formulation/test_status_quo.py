"""Best responses: ties, impossible practices, tiers that were not compiled."""

import pytest

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Measure
from incentive_opt.errors import InputError
from incentive_opt.formulation.compile import compile_practice
from incentive_opt.formulation.scope import practice_scope
from incentive_opt.formulation.status_quo import best_response, respond
from tests.formulation.hand_made import instance, practice, service


def test_among_equally_good_responses_the_healthiest_is_taken():
    """A practice without altruism and without costs does not care; the children do."""
    made = instance(
        practices=(practice(altruism=0.0),), services=(service("visit", effectiveness=0.5), service("better"))
    )
    (only,) = respond(made, Contract())
    assert only.utility == 0.0
    assert only.response.services["better", "child"] == pytest.approx(100)
    assert only.health == pytest.approx(0.1)


def test_a_tie_between_tiers_goes_to_health():
    """600 USD of bonus for 600 USD of visits: the practice does not mind, so the visits happen."""
    made = instance(
        services=(service("visit", minutes=0, supply_cost=10.0),),
        practices=(practice(altruism=0.0),),
        measures=(Measure("rate", "", {"visit": 1.0}, "well_care", (), (0.6,), 0.0),),
    )
    (only,) = respond(made, Contract(bonuses={("rate", 1): 6.0}))
    assert only.response.tiers == {"rate": 1}
    assert only.response.services["visit", "child"] == pytest.approx(60)


def test_a_practice_that_cannot_serve_its_smallest_panel_is_an_input_error():
    """Without clinicians nobody does the panel minutes."""
    made = instance()
    staff = {role: type(terms)(role, 1000.0, 60.0, False, 5.0) for role, terms in made.staff.items()}
    with pytest.raises(InputError, match="office"):
        respond(instance(staff=staff, practices=(practice(fte={}),)), Contract())


def test_tiers_that_were_not_compiled_are_refused():
    """A contract that pays for a tier needs a practice compiled with it."""
    made = instance(measures=(Measure("rate", "", {"visit": 1.0}, "well_care", (), (0.6,), 0.0),))
    compiled = compile_practice(practice_scope(made, made.practices[0]), tiers=())
    with pytest.raises(ValueError, match="rate"):
        best_response(compiled, Contract(bonuses={("rate", 1): 6.0}))
