"""The practice's problem as arrays: compiled once per practice type, then never touched again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyomo.core as pyo
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy import sparse

from incentive_opt.domain.contract import Contract
from incentive_opt.domain.lines import PARTNERS, Benchmarks, Line
from incentive_opt.domain.response import Response
from incentive_opt.formulation.practice import practice_model
from incentive_opt.formulation.scope import PracticeScope, TierKey

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

FeatureKey = tuple[str, str, int]
"""(kind of lever, service or segment or measure, tier or 0): what one lever pays for."""

Column = tuple[str, str, str | int]
"""(variable, first index, second index): ('services', 'well_visit', 'infant'), ('tier', 'well_child', 2)."""


@dataclass(frozen=True)
class Affine:
    """``coefficients . x + constant``."""

    coefficients: FloatArray
    constant: float

    def at(self, x: FloatArray) -> float:
        """Value at x."""
        return float(self.coefficients @ x) + self.constant


@dataclass(frozen=True)
class CompiledPractice:
    """One practice type's problem as arrays.

    Attributes
    ----------
    columns : tuple of (variable, index, index)
        What each entry of ``x`` is; ``('panel', segment, '')`` has an empty second index.
    matrix, row_lower, row_upper, lower, upper, integer
        ``row_lower <= matrix x <= row_upper``, ``lower <= x <= upper``.
    own_utility, own_income : Affine
        Utility and net income without this payer's revenue [USD/year].
    health : Affine
        What the payer values [QALY/year].
    outside_cost : Affine
        Care outside the practice [USD/year].
    feature_keys, features : what the contract can pay for, one row of ``features`` each.

    Of all features the practice is paid for, but for what partners do: that the payer pays to others.
    """

    scope: PracticeScope
    columns: tuple[Column, ...]
    matrix: sparse.csr_array
    row_names: tuple[str, ...]
    row_lower: FloatArray
    row_upper: FloatArray
    lower: FloatArray
    upper: FloatArray
    integer: BoolArray
    own_utility: Affine
    own_income: Affine
    health: Affine
    outside_cost: Affine
    feature_keys: tuple[FeatureKey, ...]
    features: sparse.csr_array

    @property
    def name(self) -> str:
        """Name of the practice type."""
        return self.scope.practice.name

    def prices(self, contract: Contract) -> FloatArray:
        """Price of every feature under a contract [USD per unit of the feature]."""
        unknown = {(*line, 0) for line in contract.lines} - set(self.feature_keys)
        if unknown:
            raise ValueError(f"compiled without lines that the contract pays for: {sorted(unknown)}")
        return np.array([contract.price(*key) for key in self.feature_keys])

    @property
    def earned(self) -> FloatArray:
        """Of every feature: 1 where the practice is paid for it, 0 where others are."""
        return np.array([float(kind != PARTNERS) for kind, _, _ in self.feature_keys])

    def revenue(self, contract: Contract) -> FloatArray:
        """Coefficients of revenue in x [USD/year]."""
        return np.asarray(self.features.T @ (self.earned * self.prices(contract)), dtype=np.float64)

    def spent(self, contract: Contract) -> FloatArray:
        """Coefficients in x of what the payer pays the practice, and partners for its children [USD/year]."""
        return np.asarray(self.features.T @ self.prices(contract), dtype=np.float64)

    def response(self, x: FloatArray, paid_tiers: Iterable[TierKey] | None = None) -> Response:
        """Read a vector as a response; ``paid_tiers`` are the tiers that carry money (all if None)."""
        values: dict[str, dict[Any, float]] = {"panel": {}, "services": {}, "effective": {}, "overtime": {}}
        paid = None if paid_tiers is None else set(paid_tiers)
        tiers = dict.fromkeys(self.scope.measures, 0)
        for (variable, first, second), value in zip(self.columns, x.tolist(), strict=True):
            if variable in values:
                values[variable][first if variable == "panel" else (first, second)] = value
            elif variable == "tier" and value > 0.5 and (paid is None or (first, second) in paid):
                tiers[first] = max(tiers[first], int(second))
        for name, measure in self.scope.measures.items():
            if not any(values["panel"][segment] for segment in measure.segments):
                tiers[name] = 0  # nothing to judge by: nothing is attained
        return Response(self.name, **values, tiers=tiers)


def compile_practice(
    scope: PracticeScope,
    tiers: Iterable[TierKey] | None = None,
    lines: Sequence[Line] = (),
    benchmarks: Benchmarks | None = None,
) -> CompiledPractice:
    """Build the practice's problem and turn it into arrays.

    Parameters
    ----------
    scope : PracticeScope
        What the practice type can do.
    tiers : iterable of (measure, tier), optional
        Tiers that may carry money; all if not given.
    lines : sequence of (kind, of)
        Other lines of payment that may carry money.
    benchmarks : Benchmarks, optional
        What lines against a benchmark are counted from.
    """
    model = practice_model(scope, tiers, lines, benchmarks)
    keys = tuple(model.feature)
    targets = [
        model.own_utility,
        model.own_income,
        model.health,
        model.outside_cost,
        *(model.feature[key] for key in keys),
    ]
    # One objective per quantity: the compiler returns them as rows of one matrix.
    model.compiled = pyo.Objective(range(len(targets)), rule=lambda _, number: targets[number].expr)
    form = LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=None)
    columns, variables = _columns(model)
    place = {id(variable): number for number, variable in enumerate(variables)}
    where = np.array([place[id(variable)] for variable in form.columns], dtype=np.int64)
    quantities = _spread(form.c, where, len(columns))
    constants = np.asarray(form.c_offset, dtype=np.float64)
    row_lower, row_upper, names = _rows(form)
    utility, income, health, outside = (
        Affine(quantities[[row], :].toarray().ravel(), float(constants[row])) for row in range(4)
    )
    return CompiledPractice(
        scope,
        columns,
        _spread(form.A, where, len(columns)),
        names,
        row_lower,
        row_upper,
        lower=np.array([variable.lb for variable in variables], dtype=np.float64),
        upper=np.array([variable.ub for variable in variables], dtype=np.float64),
        integer=np.array([variable.is_integer() for variable in variables], dtype=np.bool_),
        own_utility=utility,
        own_income=income,
        health=health,
        outside_cost=outside,
        feature_keys=keys,
        features=quantities[4:, :],
    )


def _columns(model: Any) -> tuple[tuple[Column, ...], list[Any]]:
    """Every variable of the model in a fixed order, also those that appear in no row."""
    columns: list[Column] = []
    variables: list[Any] = []
    blocks = (
        model.panel,
        model.services,
        model.effective,
        model.overtime,
        model.tier,
        model.eligible,
        model.returned,
        model.piece,
        model.saved,
        model.always,
    )
    for block in blocks:
        for index, variable in block.items():
            first, second = index if isinstance(index, tuple) else (index, "")
            columns.append((block.name, first, second))
            variables.append(variable)
    return tuple(columns), variables


def _spread(matrix: Any, where: npt.NDArray[np.int64], width: int) -> sparse.csr_array:
    """Move the compiler's columns to their places in x."""
    entries = sparse.coo_array(matrix)
    spread = sparse.csr_array(
        (entries.data.astype(np.float64), (entries.row, where[entries.col])), shape=(matrix.shape[0], width)
    )
    spread.sum_duplicates()
    return spread


def _rows(form: Any) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Bounds and names of the rows (bound type 1: at most, -1: at least, 0: equal)."""
    right = np.asarray(form.rhs, dtype=np.float64).reshape(-1)
    kinds = np.array([row.bound_type for row in form.rows], dtype=np.int64)
    return (
        np.where(kinds == 1, -np.inf, right),
        np.where(kinds == -1, np.inf, right),
        tuple(row.constraint.name for row in form.rows),
    )
