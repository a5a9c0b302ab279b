"""Children and practices one by one: what a contract does, by a model that shares nothing with the optimiser.

It reads the instance and the contract, and nothing else: how practices decide, what is paid and what
care does are written here a second time, from docs/simulator.md.
"""

from incentive_opt.simulate.behaviour import Assumptions
from incentive_opt.simulate.run import Progress, Simulation, simulate

__all__ = ["Assumptions", "Progress", "Simulation", "simulate"]
