"""A process that climbs: reads a problem and then tasks from standard input, writes what became of them.

Not a command for people; ``crew`` starts it. It ends with its input, or when whoever started it is gone.
"""

from __future__ import annotations

import os
import pickle
import traceback

from incentive_opt.pricing.climbing import carry_out
from incentive_opt.pricing.highs import Clock
from incentive_opt.pricing.search import Search


def main() -> None:
    """Carry out tasks until there are no more."""
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # the solver sometimes prints; nothing but answers may go to the pipe
    parent = os.getppid()
    problem = pickle.load(source)
    search = Search(problem, Clock(), float("inf"), None, lambda: os.getppid() != parent)
    while os.getppid() == parent:
        try:
            task = pickle.load(source)
        except EOFError:
            return
        try:
            answer: object = carry_out(search, task)
        except Exception:
            answer = traceback.format_exc()
        try:
            pickle.dump(answer, target, protocol=pickle.HIGHEST_PROTOCOL)
            target.flush()
        except BrokenPipeError:
            os._exit(0)  # nobody waits for the answer any more


if __name__ == "__main__":
    main()
