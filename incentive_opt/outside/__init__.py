"""Simulators of others: how they are run, and the ledger with which they answer."""

from incentive_opt.outside.ledger_file import Years, ledger_text, read_ledger, write_ledger
from incentive_opt.outside.program import TIME_LIMIT, Stopped, run_outside

__all__ = ["TIME_LIMIT", "Stopped", "Years", "ledger_text", "read_ledger", "run_outside", "write_ledger"]
