"""The run: read, build, search, check, and say what was found."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from incentive_opt import pricing
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.errors import NoDesign
from incentive_opt.files.named import HasContract, contract_of, instance_of
from incentive_opt.formulation.assurance import Stopwatch
from incentive_opt.formulation.first_best import FirstBest, first_best
from incentive_opt.formulation.payer import Payer
from incentive_opt.solve.asked import check_numbers, with_terms
from incentive_opt.solve.attainment import Targets
from incentive_opt.solve.cheapest import Cheapest, Effort, cheapest
from incentive_opt.solve.choosing import choose
from incentive_opt.solve.combined import find
from incentive_opt.solve.design import Design
from incentive_opt.solve.document import document
from incentive_opt.solve.journal import Journal, Report
from incentive_opt.solve.outline import outline
from incentive_opt.solve.pose import pose
from incentive_opt.solve.provenance import Facts
from incentive_opt.solve.reasons import impossible, none_exists, none_found, remarks
from incentive_opt.solve.settle import status_quo
from incentive_opt.solve.thrifty import settle_cheaply

ITERATIONS = 10_000
LEAST_SECONDS = 0.01
CHECKING, FORESEEING, MOST_CHECKING = 0.3, 0.03, 0.15
"""Time kept for checking promises: for each kind of practice [s]; for what a real year changes, for each kind
that the simulator tells apart [s]; and at most this share of the limit [1]."""
THRIFT = 0.05
"""Share of the time limit for the cheapest prices for the care found [1]."""
ADVISING, MOST_ADVISING = 60.0, 0.2
"""Time for the budget that would do, where the present one does not: at most [s]; and, where the search for
health has used its own up, this share of the time limit on top [1]."""
CHEAP = (
    "The search for health found no design within the budget; this is the cheapest contract that a search "
    "for little outlay found. A longer --time-limit may find better ones."
)


def solve(
    instance: Instance | str | Path,
    model: PaymentModel | str | Path,
    gap: float = 0.01,
    time_limit: float = 300.0,
    margin: float | None = None,
    seed: int = 0,
    report: Report | None = None,
    stop: Callable[[], bool] | None = None,
    iteration_limit: int | None = None,
    budget: float | None = None,
    attainment: Targets | None = None,
    altruism_margin: float | None = None,
    kinds: int = 1,
    pieces: int = 1,
    start: Contract | HasContract | str | Path | None = None,
) -> Design:
    """Find the best contract of a payment model, with a bound on what any other could do.

    Parameters
    ----------
    instance : Instance, str or Path
        The instance, its name or its folder.
    model : PaymentModel, str or Path
        The payment model, its name or file, or several joined by ``+``.
    gap : float
        Stop when the health is proved to be within this share of the best [1].
    time_limit : float
        Stop after this time, with the best design found so far [s].
    margin : float, optional
        Incentive margin in place of the instance's [USD per practice and year, per 1 % of harm].
    seed : int
    report : callable, optional
        Called with ``Progress`` now and then, from the thread that solves.
    stop : callable, optional
        Asked now and then; once it says True the search ends as at the time limit.
    iteration_limit : int, optional
        Stop after so many iterations; unlike the time limit this gives the same design on every machine.
    budget : float, optional
        In place of the instance's [USD/year].
    attainment : mapping (practice, measure, tier from 1) -> float, optional
        Rates at which practices aim above thresholds so as to be paid almost surely [1], as
        ``incentive_opt.solve.attainment.targets_for`` makes them; where none is given, the threshold.
    altruism_margin : float, optional
        Ask that intended responses stay best for practices that value a QALY by this share less [1].
    kinds : int
        Kinds of practice told apart within each type, which differ in altruism and effort as the instance
        says that practices do (``incentive_opt.domain.kinds``). Part of the time goes to searches with fewer
        kinds, near whose contracts the last one begins.
    pieces : int
        Straight pieces that stand for each piece of an effect curve: with more of them the optimiser's
        practices choose as those of the simulator, whose curves are smooth (``domain.curve``).
    start : Contract, a design, str or Path, optional
        A contract near which to begin, as it is, or by file or run folder; it need not keep any term itself.

    Returns
    -------
    Design

    Raises
    ------
    InputError
        With every problem in the files and arguments.
    NoDesign
        No contract meets every constraint, or none was found; the message says which, and why.
    """
    check_numbers(gap, time_limit, margin, iteration_limit, budget, altruism_margin, kinds, pieces)
    journal = Journal(report)
    journal.tell("reading")
    read = instance_of(instance)
    chosen, model_text = find(model, read)
    near = None if start is None else contract_of(start, read)
    given = with_terms(read, margin, budget, attainment, altruism_margin, kinds, pieces)
    most = ITERATIONS if iteration_limit is None else iteration_limit
    if kinds > 1:
        near = outline(given, chosen, near, kinds, time_limit, seed, most, journal, stop)
    journal.tell("building")
    problem, payer = pose(given, chosen, near, kinds)
    journal.note(_in_words(given, chosen, payer))
    stopwatch = Stopwatch()
    in_force = status_quo(payer, stopwatch)
    journal.status_quo = in_force.health

    def least_outlay() -> Cheapest:
        left = min(ADVISING, max(time_limit - journal.seconds, MOST_ADVISING * time_limit))
        journal.note("looking for the cheapest contract")
        return cheapest(problem, payer, Effort(1e-4, left, seed, most, stop), stopwatch)

    ceiling = _first_best(payer, journal, least_outlay)
    afterwards = CHECKING * len(problem.followers)
    afterwards += FORESEEING * len(given.practices) * given.simulation.spread.characters
    afterwards = min(afterwards, MOST_CHECKING * time_limit) + THRIFT * time_limit
    left = max(LEAST_SECONDS, time_limit - afterwards - journal.seconds)
    result, stopped = _search(problem, gap, left, seed, most, journal, stop)
    settling = partial(settle_cheaply, problem, payer, result, THRIFT * time_limit, stopwatch)
    settled, notes = choose(payer, result, in_force, journal, settling, stop, time_limit)
    if settled is None:
        seconds = journal.seconds
        least = least_outlay()
        if not least.serves(payer.budget):
            if result.status == "infeasible":
                raise NoDesign(none_exists(payer, in_force, least))
            raise NoDesign(none_found(payer, in_force, seconds, stopped, least))
        settled = least.settled
        assert settled is not None
        notes.append(CHEAP)
    facts = Facts(
        gap_asked=gap,
        seed=seed,
        budget_given=budget is not None,
        margin_given=margin is not None,
        notes=(*notes, *remarks(given, chosen)),
        stopped=stopped,
        bound=ceiling.health if result.status == "infeasible" else result.bound,
        iterations=result.iterations,
        seconds_of=dict(result.seconds),
        stopwatch=stopwatch,
    )
    made = document(payer, given, kinds, settled, in_force, ceiling, facts, lambda: journal.seconds)
    journal.note(f"health {made['objective']['health_qaly']:,.4f} QALY, gap {made['objective']['gap']:.4%}")
    return Design(made, settled.contract, settled.responses, given, chosen, tuple(journal.lines), model_text)


def _in_words(given: Instance, model: PaymentModel, payer: Payer) -> str:
    """What is searched, for the log."""
    return (
        f"{given.name} under {model.name}: {len(payer.practices)} kinds of practice, "
        f"{len(payer.levers)} prices, budget {payer.budget:,.2f} USD, margin {given.margin:g} USD, "
        f"{len(given.attainment) or 'no'} targets above thresholds"
    )


def _search(
    problem: pricing.PricingProblem,
    gap: float,
    seconds: float,
    seed: int,
    iteration_limit: int,
    journal: Journal,
    stop: Callable[[], bool] | None,
) -> tuple[pricing.Result, bool]:
    """Search for so long [s]; the result, and whether a stop was asked for."""
    result = pricing.solve(
        problem,
        gap=gap,
        time_limit=seconds,
        seed=seed,
        report=journal.search,
        stop=stop,
        iteration_limit=iteration_limit,
    )
    stopped = stop is not None and stop()
    journal.note(f"search ended: {result.status}, {result.iterations} iterations{', stopped' * stopped}")
    journal.tell("checking", result.iterations, result.objective, result.bound)
    return result, stopped


def _first_best(payer: Payer, journal: Journal, least_outlay: Callable[[], Cheapest]) -> FirstBest:
    """The first best; NoDesign where not even that exists."""
    found = first_best(payer)
    if found is None:
        reason = impossible(payer) and impossible(payer, least_outlay())
        raise NoDesign(reason or "the income limits and the budget cannot be kept together.")
    journal.note(f"first best: {found.health:,.4f} QALY")
    return found
