"""Payment models side by side on one instance: what each can do, for whom, and how far that is proved."""

from incentive_opt.compare.run import Asked, compare
from incentive_opt.solve.kept import Terms

__all__ = ["Asked", "Terms", "compare"]
