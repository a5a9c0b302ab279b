"""Ways a follower can answer, as functions of the levers, and the pool of those found so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from incentive_opt.pricing.problem import FloatArray, Follower, IntArray


@dataclass(frozen=True)
class Response:
    """One way a follower can answer, with everything about it that is linear in the levers.

    Attributes
    ----------
    x : (n,)
    utility : float; utility_lever : (L,)
        Follower's objective at levers t is ``utility + utility_lever . t``.
    value : float; value_lever : (L,)
        Leader's objective from this follower.
    touched : (T,)
        The leader's rows to which the follower contributes; the same for all its responses.
    rows : (T,); row_lever : (T, L)
        Contribution to those rows.
    harm : (D,); harm_lever : (D, L)
        Harm in each direction (currency of the follower).
    liking : float; liking_lever : (L,)
        Mean of the objectives for which an intended response has to be best: the follower's own, and its own
        with each direction of harm.
    """

    x: FloatArray
    utility: float
    utility_lever: FloatArray
    value: float
    value_lever: FloatArray
    touched: IntArray
    rows: FloatArray
    row_lever: FloatArray
    harm: FloatArray
    harm_lever: FloatArray
    liking: float
    liking_lever: FloatArray

    def utility_at(self, levers: FloatArray) -> float:
        """The follower's objective under the levers."""
        return self.utility + float(self.utility_lever @ levers)

    def rows_at(self, levers: FloatArray) -> FloatArray:
        """Contribution to the touched rows under the levers."""
        return np.asarray(self.rows + self.row_lever @ levers)


class Describer:
    """Turns a follower's x into a response; keeps the follower's matrices in the form that is quickest."""

    def __init__(self, follower: Follower, lever_count: int) -> None:
        self.follower = follower
        self.lever_count = lever_count
        products = np.asarray(follower.row_product.todense())
        fixed = np.diff(sparse.csr_array(follower.row_x).indptr) > 0
        self.touched = np.flatnonzero(np.any(products != 0, axis=1) | fixed)
        self.row_x = sparse.csr_array(follower.row_x)[self.touched]
        weights = [follower.payment, follower.value_product, *products[self.touched]]
        weights += list(np.asarray(follower.harm_product.todense()))
        self.weights = np.array(weights).reshape(len(weights), len(follower.levers))
        count = len(follower.levers)
        ones = (np.ones(count), (np.arange(count), follower.levers))
        self.spread = sparse.csr_array(ones, shape=(count, lever_count))

    def __call__(self, x: FloatArray) -> Response:
        """Describe ``x`` as functions of the levers."""
        follower = self.follower
        slopes = np.asarray((self.weights * (follower.features @ x)) @ self.spread)
        rows = len(self.touched)
        utility = float(follower.objective @ x) + follower.objective_constant
        harm, harm_lever = follower.harm_x @ x, slopes[2 + rows :]
        objectives = 1.0 + len(harm)
        return Response(
            x=x,
            utility=utility,
            utility_lever=slopes[0],
            value=float(follower.value @ x) + follower.value_constant,
            value_lever=slopes[1],
            touched=self.touched,
            rows=self.row_x @ x,
            row_lever=slopes[2 : 2 + rows],
            harm=harm,
            harm_lever=harm_lever,
            liking=utility + float(harm.sum()) / objectives,
            liking_lever=slopes[0] + harm_lever.sum(axis=0) / objectives,
        )


@dataclass
class Pool:
    """Responses of one follower found so far, stacked for arithmetic over all of them.

    Attributes
    ----------
    utility : (K,); utility_lever : (K, L)
    value : (K,); value_lever : (K, L)
    rows : (K, T); row_lever : (K, T, L)
    harm : (K, D); harm_lever : (K, D, L)
    liking : (K,); liking_lever : (K, L)
    """

    responses: list[Response] = field(default_factory=list)
    _keys: dict[bytes, int] = field(init=False)
    _stacked: dict[str, FloatArray] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._keys = {self._key(response): k for k, response in enumerate(self.responses)}

    def add(self, response: Response) -> int:
        """Add unless an equal one is there; its position either way."""
        key = self._key(response)
        if key in self._keys:
            return self._keys[key]
        self._keys[key] = len(self.responses)
        self.responses.append(response)
        self._stacked.clear()
        return self._keys[key]

    def join(self, other: Pool) -> None:
        """Add all of another's."""
        for key, k in other._keys.items():
            if key not in self._keys:
                self._keys[key] = len(self.responses)
                self.responses.append(other.responses[k])
                self._stacked.clear()

    def near(self, levers: FloatArray, distance: float, most: int) -> Pool:
        """The responses within ``distance`` of what is liked best at the levers, ``most`` of them."""
        likings = self.likings(levers)
        order = np.argsort(-likings)[:most]
        kept = np.sort(order[likings[order[0]] - likings[order] < distance])
        keys = list(self._keys)
        result = Pool()
        result.responses = [self.responses[k] for k in kept]
        result._keys = {keys[k]: place for place, k in enumerate(kept.tolist())}
        result._stacked = {name: stack[kept] for name, stack in self._stacked.items()}
        return result

    @staticmethod
    def _key(response: Response) -> bytes:
        flat = np.array([response.utility, response.value])
        facts = [flat, response.utility_lever, response.value_lever, response.rows, response.harm]
        facts += [response.row_lever.ravel(), response.harm_lever.ravel()]
        rounded = np.round(np.concatenate(facts), 9)
        return (rounded + 0.0).tobytes()  # so that minus nothing is nothing

    def __len__(self) -> int:
        return len(self.responses)

    def stack(self, name: str) -> FloatArray:
        """All responses' ``name``, stacked along a first axis."""
        if name not in self._stacked:
            self._stacked[name] = np.array([getattr(response, name) for response in self.responses])
        return self._stacked[name]

    def utilities(self, levers: FloatArray) -> FloatArray:
        """Utility of every response at the levers."""
        return self.stack("utility") + self.stack("utility_lever") @ levers

    def likings(self, levers: FloatArray) -> FloatArray:
        """Liking of every response at the levers."""
        return self.stack("liking") + self.stack("liking_lever") @ levers
