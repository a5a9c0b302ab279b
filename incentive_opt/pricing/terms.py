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

Index = npt.NDArray[np.integer[Any]]
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

    def products(self, rows: Index, first: Index, second: Index, coefficients: FloatArray) -> None:
        """Add products of two variables, term by term."""
        self._products.append((rows, first, second, coefficients))

    def scaled(self, rows: Index, variables: Index, given: Index, coefficients: FloatArray) -> None:
        """Add products of a variable and something given, term by term."""
        self._scaled.append((rows, variables, given, coefficients))

    def shifts(self, rows: Index, given: Index) -> None:
        """Add something given to each of these rows."""
        self._shifts.append((rows, given, np.ones(len(rows))))

    def program(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The program for the solver, and functions of its slopes and curvatures."""
        z, p = casadi.MX.sym("z", self.variables), casadi.MX.sym("p", self.given)
        weight, multipliers = casadi.MX.sym("lam_f"), casadi.MX.sym("lam_g", self.rows - 2)
        figures, slopes = self._figures(z, p), self._slopes(z, p)
        bends = self._bends(casadi.vertcat(-weight, weight * p[0], multipliers))
        objective, limits = p[0] * figures[1] - figures[0], figures[2:]
        steepest = casadi.densify(p[0] * slopes[1, :] - slopes[0, :]).T
        function, at, given = casadi.Function, [z, p], ["x", "p"]
        derivatives = {
            "grad_f": function("nlp_grad_f", at, [objective, steepest], given, ["f", "grad_f_x"]),
            "jac_g": function("nlp_jac_g", at, [limits, slopes[2:, :]], given, ["g", "jac_g_x"]),
            "hess_lag": function(
                "nlp_hess_l",
                [*at, weight, multipliers],
                [bends],
                [*given, "lam_f", "lam_g"],
                ["triu_hess_gamma_x_x"],
            ),
        }
        self.figures = function("figures", at, [figures])
        return {"x": z, "p": p, "f": objective, "g": limits}, derivatives

    def _figures(self, z: Any, p: Any) -> Any:
        """What all rows come to."""
        rows, variables, values = _joined(self._linear, 3)
        at, first, second, coefficients = _joined(self._products, 4)
        by, scaled, given, factors = _joined(self._scaled, 4)
        shifted, shift, ones = _joined(self._shifts, 3)
        products, scalings = _of(z, first) * _of(z, second), _of(z, scaled) * _of(p, given)
        return (
            casadi.DM(self.constant)
            + _times(rows, variables, values, (self.rows, self.variables), z)
            + _times(at, np.arange(len(at)), coefficients, (self.rows, len(at)), products)
            + _times(by, np.arange(len(by)), factors, (self.rows, len(by)), scalings)
            + _times(shifted, shift, ones, (self.rows, self.given), p)
        )

    def _slopes(self, z: Any, p: Any) -> Any:
        """By how much each row changes with each variable."""
        rows, variables, values = _joined(self._linear, 3)
        at, first, second, coefficients = _joined(self._products, 4)
        by, scaled, given, factors = _joined(self._scaled, 4)
        pattern, place = _pattern(
            np.concatenate([rows, at, at, by]),
            np.concatenate([variables, first, second, scaled]),
            (self.rows, self.variables),
        )
        flat, of_first, of_second, of_scaled = np.split(place, np.cumsum([len(rows), len(at), len(at)]))
        entries, count = pattern.nnz(), self.variables
        found = (
            casadi.DM(np.bincount(flat, values, entries))
            + _times(of_first, second, coefficients, (entries, count), z)
            + _times(of_second, first, coefficients, (entries, count), z)
            + _times(of_scaled, given, factors, (entries, self.given), p)
        )
        return casadi.MX(pattern, found)

    def _bends(self, weights: Any) -> Any:
        """Curvatures of the sum of rows, each by its weight: the upper triangle."""
        rows, first, second, coefficients = _joined(self._products, 4)
        pattern, place = _pattern(
            np.minimum(first, second), np.maximum(first, second), (self.variables, self.variables)
        )
        return casadi.MX(pattern, _times(place, rows, coefficients, (pattern.nnz(), self.rows), weights))


def _joined(parts: Entries, columns: int) -> tuple[Any, ...]:
    """All entries of a kind, perhaps none: places, and what stands there last."""
    nothing = (*(np.zeros(0, dtype=np.int64) for _ in range(columns - 1)), np.zeros(0))
    return tuple(np.concatenate(column) for column in zip(nothing, *parts, strict=True))


def _of(vector: Any, places: Index) -> Any:
    return vector[places.tolist(), 0]


def _times(rows: Index, columns: Index, values: FloatArray, shape: tuple[int, int], vector: Any) -> Any:
    """A sparse matrix, given entry by entry, times a vector."""
    return casadi.densify(_as_matrix(sparse.coo_array((values, (rows, columns)), shape=shape)) @ vector)


def _pattern(rows: Index, columns: Index, shape: tuple[int, int]) -> tuple[Any, Index]:
    """Where a matrix has entries, and which of them, column by column, each of those given is."""
    keys, place = np.unique(columns * shape[0] + rows, return_inverse=True)
    counts = np.bincount(keys // shape[0], minlength=shape[1])
    starts = np.concatenate([[0], np.cumsum(counts)])
    return casadi.Sparsity(*shape, starts.tolist(), (keys % shape[0]).tolist()), place


def _as_matrix(matrix: Any) -> Any:
    """A sparse matrix as the modelling library has it."""
    columns = sparse.csc_array(matrix)
    columns.sum_duplicates()
    columns.sort_indices()
    pattern = casadi.Sparsity(*columns.shape, columns.indptr.tolist(), columns.indices.tolist())
    return casadi.DM(pattern, columns.data.tolist())
