"""How sure a design is: what becomes of it where numbers of the instance are other than the files say."""

from incentive_opt.sensitivity.run import DRAWS_FILE, FILE, sensitivity
from incentive_opt.sensitivity.subject import Terms

__all__ = ["DRAWS_FILE", "FILE", "Terms", "sensitivity"]
