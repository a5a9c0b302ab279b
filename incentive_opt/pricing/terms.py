"""Sums of linear terms and products of two variables, with derivatives: what a smooth program is made of.

An interior-point method asks for slopes and curvatures as sparse matrices. Those of such sums are linear in
the variables, so they are written down at once; deriving them from expressions took seconds.
"""

from __future__ import annotations

from typing import Any

import casadi
import numpy as np
import numpy.typing as npt
from scipy import sparse

from incentive_opt.pricing.problem import FloatArray

Places = npt.NDArray[np.integer[Any]]
Entries = list[tuple[npt.NDArray[Any], ...]]


class Terms:
    """Rows of ``constant + linear . z + products of two z + products of a z and a given p + linear . p``.

    Rows 0 and 1 are the two parts of the objective ``p[0] * row 1 - row 0``, the others are limits.
    """

    def __init__(self, rows: int, variables: int, given: int) -> None:
        self.rows, self.variables, self.given = rows, variables, given
        self.constant = np.zeros(rows)
        self._linear: Entries = []
        self._products: Entries = []
        self._scaled: Entries = []
        self._shifts: Entries = []

    def linear(self, row: int, variable: int, matrix: Any) -> None:
        """Add a matrix of coefficients, from this row and this variable on."""
        entries = sparse.coo_array(matrix)
        self._linear.append((entries.row + row, entries.col + variable, entries.data))

    def products(self, rows: Places, first: Places, second: Places, coefficients: FloatArray) -> None:
        """Add products of two variables, term by term."""
        self._products.append((rows, first, second, coefficients))

    def scaled(self, rows: Places, variables: Places, given: Places, coefficients: FloatArray) -> None:
        """Add products of a variable and something given, term by term."""
        self._scaled.append((rows, variables, given, coefficients))

    def shifts(self, rows: Places, given: Places) -> None:
        """Add something given to each of these rows."""
        self._shifts.append((rows, given, np.ones(len(rows))))

    def program(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The program for the solver, and functions of its slopes and curvatures."""
        z, p = casadi.MX.sym("z", self.variables), casadi.MX.sym("p", self.given)
        rows, first, second, of_product = _joined(self._products)
        at, scaled, by, of_scaled = _joined(self._scaled)
        l_row, l_variable, l_value = _joined(self._linear)
        shifted, shift, one = _joined(self._shifts)
        figures = (
            casadi.DM(self.constant)
            + _times(l_row, l_variable, l_value, (self.rows, self.variables), z)
            + _times(
                rows, np.arange(len(rows)), of_product, (self.rows, len(rows)), _of(z, first) * _of(z, second)
            )
            + _times(at, np.arange(len(at)), of_scaled, (self.rows, len(at)), _of(z, scaled) * _of(p, by))
            + _times(shifted, shift, one, (self.rows, self.given), p)
        )
        slope_rows = np.concatenate([l_row, rows, rows, at])
        slope_columns = np.concatenate([l_variable, first, second, scaled])
        pattern, place = _pattern(slope_rows, slope_columns, (self.rows, self.variables))
        parts = np.split(place, np.cumsum([len(l_row), len(rows), len(rows)]))
        flat = np.bincount(parts[0], l_value, pattern.nnz())
        slopes = (
            casadi.DM(flat)
            + _times(parts[1], second, of_product, (pattern.nnz(), self.variables), z)
            + _times(parts[2], first, of_product, (pattern.nnz(), self.variables), z)
            + _times(parts[3], by, of_scaled, (pattern.nnz(), self.given), p)
        )
        jacobian = casadi.MX(pattern, slopes)
        objective = p[0] * figures[1] - figures[0]
        steepest = casadi.densify(p[0] * jacobian[1, :] - jacobian[0, :]).T
        weight, multipliers = casadi.MX.sym("lam_f"), casadi.MX.sym("lam_g", self.rows - 2)
        each = casadi.vertcat(-weight, weight * p[0], multipliers)
        low, high = np.minimum(first, second), np.maximum(first, second)
        curved, where = _pattern(low, high, (self.variables, self.variables))
        bends = casadi.MX(curved, _times(where, rows, of_product, (curved.nnz(), self.rows), each))
        limits = figures[2:]
        function = casadi.Function
        slopes_of = {
            "grad_f": function("nlp_grad_f", [z, p], [objective, steepest], ["x", "p"], ["f", "grad_f_x"]),
            "jac_g": function("nlp_jac_g", [z, p], [limits, jacobian[2:, :]], ["x", "p"], ["g", "jac_g_x"]),
            "hess_lag": function(
                "nlp_hess_l",
                [z, p, weight, multipliers],
                [bends],
                ["x", "p", "lam_f", "lam_g"],
                ["triu_hess_gamma_x_x"],
            ),
        }
        self.figures = function("figures", [z, p], [figures])
        return {"x": z, "p": p, "f": objective, "g": limits}, slopes_of


def _joined(parts: Entries) -> tuple[Any, ...]:
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def _of(vector: Any, places: Places) -> Any:
    return vector[places.tolist()]


def _times(rows: Places, columns: Places, values: FloatArray, shape: tuple[int, int], vector: Any) -> Any:
    """A sparse matrix, given entry by entry, times a vector."""
    return casadi.densify(as_matrix(sparse.coo_array((values, (rows, columns)), shape=shape)) @ vector)


def _pattern(rows: Places, columns: Places, shape: tuple[int, int]) -> tuple[Any, Places]:
    """Where a matrix has entries, and which of them, column by column, each of those given is."""
    keys, place = np.unique(columns * shape[0] + rows, return_inverse=True)
    counts = np.bincount(keys // shape[0], minlength=shape[1])
    starts = np.concatenate([[0], np.cumsum(counts)])
    return casadi.Sparsity(*shape, starts.tolist(), (keys % shape[0]).tolist()), place


def as_matrix(matrix: Any) -> Any:
    """A sparse matrix as the modelling library has it."""
    columns = sparse.csc_array(matrix)
    columns.sum_duplicates()
    columns.sort_indices()
    pattern = casadi.Sparsity(*columns.shape, columns.indptr.tolist(), columns.indices.tolist())
    return casadi.DM(pattern, columns.data.tolist())
