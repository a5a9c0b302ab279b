"""Closing the loop: solve, simulate what was promised, allow for what went wrong, and solve again.

Three things can be allowed for. *Targets*: practices aim above a threshold by some deviations of their rate's
chance, so that they are paid almost surely. *Kinds*: practices of a type that differ are told apart.
*Margin*: intended responses stay best for practices that value a QALY by a share less, so that those near
indifference, or slow to change, answer as intended too.
"""

from __future__ import annotations

from incentive_opt.robust.found import Allowance, Attempt, Robust
from incentive_opt.robust.loop import robust_solve

__all__ = ["Allowance", "Attempt", "Robust", "robust_solve"]
