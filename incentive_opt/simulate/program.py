"""A linear program that stays loaded in HiGHS, so that the next solve starts from the last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import highspy
import numpy as np

from incentive_opt.simulate.world import FloatArray

INFINITY = float("inf")
TOLERANCE = 1e-9
LOOSER = 1e-7
"""HiGHS's own tolerance, for a program that fails at the tighter one."""


class Infeasible(Exception):
    """No point meets all rows and bounds."""


class SolverFailed(RuntimeError):
    """HiGHS gave neither an optimum nor a proof that there is none."""


@dataclass
class Draft:
    """Columns and rows on their way into a program (maximising)."""

    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    indices: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def column(self, lower: float, upper: float) -> int:
        """Add a column; its number."""
        self.lower.append(lower)
        self.upper.append(upper)
        return len(self.lower) - 1

    def row(self, entries: Sequence[tuple[int, float]], lower: float, upper: float) -> int:
        """Add a row; its number."""
        self.indices += [column for column, _ in entries]
        self.values += [value for _, value in entries]
        self.starts.append(len(self.indices))
        self.row_lower.append(lower)
        self.row_upper.append(upper)
        return len(self.row_lower) - 1


class Program:
    """A linear program kept hot: costs, coefficients, bounds of rows change, the basis stays."""

    def __init__(self, draft: Draft, name: str) -> None:
        self.name = name
        self.columns = len(draft.lower)
        self.rows = len(draft.row_lower)
        self.costs = np.zeros(self.columns)
        self.solves = 0
        self._indices = np.arange(self.columns, dtype=np.int32)
        self._highs = highspy.Highs()
        options = {
            "output_flag": False,
            "threads": 1,
            "presolve": "off",
            "primal_feasibility_tolerance": TOLERANCE,
            "dual_feasibility_tolerance": TOLERANCE,
        }
        for option, value in options.items():
            self._highs.setOptionValue(option, value)
        self._lp = self._lp_of(draft)
        self._highs.passModel(self._lp)

    def _lp_of(self, draft: Draft) -> highspy.HighsLp:
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self.columns, self.rows
        lp.sense_ = highspy.ObjSense.kMaximize
        lp.col_cost_ = self.costs
        lp.col_lower_, lp.col_upper_ = np.array(draft.lower), np.array(draft.upper)
        lp.row_lower_, lp.row_upper_ = np.array(draft.row_lower), np.array(draft.row_upper)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = self.columns, self.rows
        lp.a_matrix_.start_ = np.array(draft.starts, dtype=np.int32)
        lp.a_matrix_.index_ = np.array(draft.indices, dtype=np.int32)
        lp.a_matrix_.value_ = np.array(draft.values, dtype=float)
        return lp

    def set_costs(self, costs: FloatArray) -> None:
        """Replace the objective."""
        self.costs = np.array(costs, dtype=float)
        self._highs.changeColsCost(self.columns, self._indices, self.costs)

    def set_row(self, row: int, entries: Sequence[tuple[int, float]], lower: float, upper: float) -> None:
        """Replace some coefficients and the bounds of a row."""
        for column, value in entries:
            self._highs.changeCoeff(row, column, value)
        self._highs.changeRowBounds(row, lower, upper)

    def add_rows(self, rows: Sequence[Sequence[tuple[int, float]]], lower: float, upper: float) -> None:
        """Append rows with the same bounds; their slack enters the basis."""
        starts = np.cumsum([0, *(len(row) for row in rows)])
        self._highs.addRows(
            len(rows),
            np.full(len(rows), lower),
            np.full(len(rows), upper),
            int(starts[-1]),
            starts[:-1].astype(np.int32),
            np.array([column for row in rows for column, _ in row], dtype=np.int32),
            np.array([value for row in rows for _, value in row], dtype=float),
        )

    def restart(self) -> None:
        """Load the program as it was made: what is solved from now on depends on nothing before."""
        self._highs.passModel(self._lp)

    def solve(self) -> tuple[FloatArray, float]:
        """Optimal columns and objective.

        Raises
        ------
        Infeasible, SolverFailed
        """
        self.solves += 1
        status = self._run()
        if status != highspy.HighsModelStatus.kOptimal:
            self._highs.clearSolver()
            status = self._run()
        if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible):
            status = self._run_loosely()
        if status == highspy.HighsModelStatus.kInfeasible:
            raise Infeasible(self.name)
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverFailed(f"{self.name}: HiGHS ended with {self._highs.modelStatusToString(status)}")
        point = np.array(self._highs.getSolution().col_value, dtype=float)
        return point, float(self.costs @ point)

    def _run(self) -> highspy.HighsModelStatus:
        self._highs.run()
        status: highspy.HighsModelStatus = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kNotset:
            # HiGHS refuses another number of threads than its first program of the process had.
            highspy.Highs.resetGlobalScheduler(True)
            self._highs.run()
            status = self._highs.getModelStatus()
        return status

    def _run_loosely(self) -> highspy.HighsModelStatus:
        names = ("primal_feasibility_tolerance", "dual_feasibility_tolerance")
        for name in names:
            self._highs.setOptionValue(name, LOOSER)
        self._highs.clearSolver()
        status = self._run()
        for name in names:
            self._highs.setOptionValue(name, TOLERANCE)
        return status
