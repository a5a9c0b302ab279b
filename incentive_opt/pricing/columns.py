"""A small builder for programs: columns and rows are added in blocks, then turned into arrays."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from incentive_opt.pricing.highs import Clock, Program
from incentive_opt.pricing.problem import BoolArray, FloatArray, IntArray


class Builder:
    """Collects columns and sparse rows."""

    def __init__(self) -> None:
        self.count = 0
        self._objective: list[FloatArray] = []
        self._lower: list[FloatArray] = []
        self._upper: list[FloatArray] = []
        self._integer: list[BoolArray] = []
        self._rows: list[IntArray] = []
        self._cols: list[IntArray] = []
        self._data: list[FloatArray] = []
        self._row_lower: list[float] = []
        self._row_upper: list[float] = []

    def columns(
        self,
        lower: FloatArray,
        upper: FloatArray,
        objective: FloatArray | float = 0.0,
        integer: BoolArray | bool = False,
    ) -> IntArray:
        """Add a block of columns; their positions."""
        size = len(lower)
        self._lower.append(np.asarray(lower, float))
        self._upper.append(np.asarray(upper, float))
        self._objective.append(np.broadcast_to(np.asarray(objective, float), size).copy())
        self._integer.append(np.broadcast_to(np.asarray(integer, bool), size).copy())
        self.count += size
        return np.arange(self.count - size, self.count)

    def row(self, columns: IntArray, data: FloatArray, lower: float, upper: float) -> None:
        """Add one row; repeated columns add up, zeros are dropped."""
        columns = np.asarray(columns)
        data = np.asarray(data, float)
        keep = data != 0.0
        index = len(self._row_lower)
        self._rows.append(np.full(int(keep.sum()), index))
        self._cols.append(columns[keep])
        self._data.append(data[keep])
        self._row_lower.append(lower)
        self._row_upper.append(upper)

    def block(
        self, matrix: sparse.csr_array, columns: IntArray, lower: FloatArray, upper: FloatArray
    ) -> None:
        """Add the rows ``lower <= matrix z[columns] <= upper``."""
        entries = sparse.coo_array(matrix)
        first = len(self._row_lower)
        self._rows.append(np.asarray(entries.row, dtype=np.int64) + first)
        self._cols.append(np.asarray(columns)[np.asarray(entries.col)])
        self._data.append(np.asarray(entries.data, float))
        self._row_lower.extend(np.asarray(lower, float).tolist())
        self._row_upper.extend(np.asarray(upper, float).tolist())

    def program(self, clock: Clock, book: str = "highs", relaxed: bool = False, threads: int = 1) -> Program:
        """The program in HiGHS; ``relaxed`` drops integrality."""
        shape = (len(self._row_lower), self.count)
        if self._rows:
            entries = (np.concatenate(self._data), (np.concatenate(self._rows), np.concatenate(self._cols)))
            matrix = sparse.csr_array(sparse.coo_array(entries, shape=shape))
        else:
            matrix = sparse.csr_array(shape)
        return Program(
            clock,
            np.concatenate(self._objective),
            matrix,
            np.array(self._row_lower),
            np.array(self._row_upper),
            np.concatenate(self._lower),
            np.concatenate(self._upper),
            None if relaxed else np.concatenate(self._integer),
            book=book,
            threads=threads,
        )
