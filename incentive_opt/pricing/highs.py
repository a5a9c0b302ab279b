"""A thin, timed skin over HiGHS: linear and mixed-integer programs held as arrays."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import highspy
import numpy as np
from scipy import sparse

from incentive_opt.pricing.problem import BoolArray, FloatArray, IntArray

INFINITY = float("inf")


@dataclass
class Clock:
    """Seconds spent, by what they were spent on; ``now`` is seconds since the start."""

    started: float = field(default_factory=time.perf_counter)
    seconds: dict[str, float] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)

    @property
    def now(self) -> float:
        """Seconds since the clock was made."""
        return time.perf_counter() - self.started

    def add(self, what: str, seconds: float) -> None:
        """Book ``seconds`` under ``what``; nothing is booked under an empty name."""
        if not what:
            return
        self.seconds[what] = self.seconds.get(what, 0.0) + seconds
        self.calls[what] = self.calls.get(what, 0) + 1


@dataclass(frozen=True)
class Outcome:
    """What the solver says of a program (maximising).

    Attributes
    ----------
    status : {"optimal", "limit", "infeasible", "unbounded", "error"}
    x : array or None
        The best solution found, if any.
    objective : float
        Its objective; ``-inf`` without a solution.
    bound : float
        No solution is better; ``+inf`` when unknown.
    """

    status: str
    x: FloatArray | None
    objective: float
    bound: float


class Program:
    """A program that stays loaded: costs, bounds and rows change, the rest is kept hot.

    Parameters
    ----------
    book : str
        Under which name the clock books the seconds of solving.
    """

    def __init__(
        self,
        clock: Clock,
        objective: FloatArray,
        matrix: sparse.csr_array,
        row_lower: FloatArray,
        row_upper: FloatArray,
        lower: FloatArray,
        upper: FloatArray,
        integer: BoolArray | None = None,
        book: str = "highs",
        threads: int = 1,
    ) -> None:
        self.clock = clock
        self.book = book
        self.columns = len(objective)
        self.is_mip = integer is not None and bool(np.any(integer))
        self.highs = highspy.Highs()
        self.highs.setOptionValue("output_flag", False)
        self.highs.setOptionValue("threads", threads)
        self.highs.setOptionValue("mip_feasibility_tolerance", 1e-7)
        self.highs.setOptionValue("primal_feasibility_tolerance", 1e-9)
        self.highs.setOptionValue("dual_feasibility_tolerance", 1e-9)
        started = time.perf_counter()
        self.highs.passModel(self._lp(objective, matrix, row_lower, row_upper, lower, upper, integer))
        clock.add(book, time.perf_counter() - started)
        self.objective = np.array(objective, dtype=float)

    def _lp(
        self,
        objective: FloatArray,
        matrix: sparse.csr_array,
        row_lower: FloatArray,
        row_upper: FloatArray,
        lower: FloatArray,
        upper: FloatArray,
        integer: BoolArray | None,
    ) -> highspy.HighsLp:
        rows = sparse.csr_array(matrix)
        lp = highspy.HighsLp()
        lp.num_col_ = self.columns
        lp.num_row_ = rows.shape[0]
        lp.col_cost_ = np.asarray(objective, dtype=float)
        lp.col_lower_ = np.asarray(lower, dtype=float)
        lp.col_upper_ = np.asarray(upper, dtype=float)
        lp.row_lower_ = np.asarray(row_lower, dtype=float)
        lp.row_upper_ = np.asarray(row_upper, dtype=float)
        lp.sense_ = highspy.ObjSense.kMaximize
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.num_col_ = self.columns
        lp.a_matrix_.num_row_ = rows.shape[0]
        lp.a_matrix_.start_ = rows.indptr.astype(np.int32)
        lp.a_matrix_.index_ = rows.indices.astype(np.int32)
        lp.a_matrix_.value_ = rows.data.astype(float)
        if self.is_mip and integer is not None:
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            lp.integrality_ = [kinds[int(flag)] for flag in integer]
        return lp

    def set_objective(self, objective: FloatArray) -> None:
        """Replace the objective, keeping the basis."""
        self.objective = np.array(objective, dtype=float)
        indices = np.arange(self.columns, dtype=np.int32)
        self.highs.changeColsCost(self.columns, indices, self.objective)

    def set_bounds(self, columns: IntArray, lower: FloatArray, upper: FloatArray) -> None:
        """Replace the bounds of some columns."""
        self.highs.changeColsBounds(
            len(columns),
            np.asarray(columns, dtype=np.int32),
            np.asarray(lower, float),
            np.asarray(upper, float),
        )

    def add_rows(self, matrix: sparse.csr_array, lower: FloatArray, upper: FloatArray) -> None:
        """Append rows."""
        rows = sparse.csr_array(matrix)
        self.highs.addRows(
            rows.shape[0],
            np.asarray(lower, float),
            np.asarray(upper, float),
            rows.nnz,
            rows.indptr[:-1].astype(np.int32),
            rows.indices.astype(np.int32),
            rows.data.astype(float),
        )

    def solve(
        self,
        time_limit: float = INFINITY,
        gap: float = 0.0,
        nodes: int | None = None,
        presolve: bool = True,
    ) -> Outcome:
        """Solve; for a MILP to the relative ``gap`` or until ``nodes`` or ``time_limit`` [s]."""
        highs = self.highs
        highs.setOptionValue("presolve", "choose" if presolve else "off")
        if time_limit <= 0:
            return Outcome("limit", None, -INFINITY, INFINITY)
        if self.is_mip:
            highs.setOptionValue("mip_rel_gap", gap)
            highs.setOptionValue("mip_abs_gap", 1e-9)
            highs.setOptionValue("mip_max_nodes", nodes if nodes is not None else 2147483647)
        started = time.perf_counter()
        limit = highs.getRunTime() + time_limit if time_limit < INFINITY else INFINITY
        highs.setOptionValue("time_limit", limit)
        highs.run()
        outcome = self._outcome()
        if outcome.status == "error":
            highs.clearSolver()
            highs.run()
            outcome = self._outcome()
        if outcome.status == "error":
            outcome = self._loosely()
        self.clock.add(self.book, time.perf_counter() - started)
        return outcome

    def _loosely(self) -> Outcome:
        """Once more, cold and at HiGHS's own tolerances, for a program that failed at tighter ones."""
        names = ("primal_feasibility_tolerance", "dual_feasibility_tolerance")
        for name in names:
            self.highs.setOptionValue(name, 1e-7)
        self.highs.clearSolver()
        self.highs.run()
        outcome = self._outcome()
        for name in names:
            self.highs.setOptionValue(name, 1e-9)
        return outcome

    def _outcome(self) -> Outcome:
        highs = self.highs
        status = highs.getModelStatus()
        info = highs.getInfo()
        kinds = highspy.HighsModelStatus
        if status in (kinds.kInfeasible,):
            return Outcome("infeasible", None, -INFINITY, -INFINITY)
        if status in (kinds.kUnbounded, kinds.kUnboundedOrInfeasible):
            return Outcome("unbounded", None, -INFINITY, INFINITY)
        found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        x = np.array(highs.getSolution().col_value, dtype=float) if found else None
        objective = float(self.objective @ x) if x is not None else -INFINITY
        if status == kinds.kOptimal and x is not None:
            bound = max(objective, float(info.mip_dual_bound)) if self.is_mip else objective
            return Outcome("optimal", x, objective, bound)
        limits = (kinds.kTimeLimit, kinds.kIterationLimit, kinds.kSolutionLimit, kinds.kInterrupt)
        if status in limits:
            bound = float(info.mip_dual_bound) if self.is_mip else INFINITY
            return Outcome("limit", x, objective, bound if np.isfinite(bound) else INFINITY)
        return Outcome("error", None, -INFINITY, INFINITY)

    def row_duals(self) -> FloatArray:
        """Dual values of the rows after an LP was solved to optimality."""
        return np.array(self.highs.getSolution().row_dual, dtype=float)
