"""A process that looks at cases: reads what is asked and then values from standard input, writes what came.

Not a command for people; ``crew`` starts it. It ends with its input, or when whoever started it is gone.
"""

from __future__ import annotations

import os
import pickle
import traceback

from incentive_opt.sensitivity.cases import look


def main() -> None:
    """Look at cases until there are no more."""
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # the solver sometimes prints; nothing but answers may go to the pipe
    parent = os.getppid()
    asked = pickle.load(source)
    while os.getppid() == parent:
        try:
            values = pickle.load(source)
        except EOFError:
            return
        try:
            answer: object = look(asked, values)
        except Exception:
            answer = traceback.format_exc()
        try:
            pickle.dump(answer, target, protocol=pickle.HIGHEST_PROTOCOL)
            target.flush()
        except BrokenPipeError:
            os._exit(0)  # nobody waits for the answer any more


if __name__ == "__main__":
    main()
