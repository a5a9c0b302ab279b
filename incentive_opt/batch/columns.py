"""Columns of the table of a batch: names with their units, and types as SQL has them."""

from __future__ import annotations

BOOLEAN, WHOLE, NUMBER, TEXT = "BOOLEAN", "BIGINT", "DOUBLE", "VARCHAR"
FIGURES = {
    "status": TEXT,
    "ended_by": TEXT,
    "is_status_quo": BOOLEAN,
    "health_qaly": NUMBER,
    "status_quo_qaly": NUMBER,
    "gain_qaly": NUMBER,
    "gain_share": NUMBER,
    "upper_bound_qaly": NUMBER,
    "gap": NUMBER,
    "pessimistic_qaly": NUMBER,
    "first_best_qaly": NUMBER,
    "budget_usd": NUMBER,
    "outlay_usd": NUMBER,
    "outlay_change_usd": NUMBER,
    "children_asked": NUMBER,
    "children_kept": NUMBER,
    "margin_usd": NUMBER,
    "iterations": WHOLE,
    "verdict": TEXT,
    "robust": BOOLEAN,
    "simulated_health_qaly": NUMBER,
    "simulated_outlay_usd": NUMBER,
    "least_kept_share": NUMBER,
    "replications": WHOLE,
}
"""Columns that depend on the order alone; empty without a design, the last ones without ``--validate``."""
TIMING = {"search_seconds": NUMBER, "task_seconds": NUMBER, "host": TEXT, "finished": TEXT}
"""Columns that depend on machine and hour: two runs of a batch agree in all others."""
