"""Terms of shared savings in contract.toml and in payment models."""

from __future__ import annotations

from incentive_opt.domain.sharing import PLAIN, Sharing
from incentive_opt.files.schemas import SharingTable


def build_sharing(table: SharingTable) -> Sharing:
    """The terms that a table says."""
    return Sharing(table.minimum, table.most_gained, table.most_lost, table.quality_gate)


def sharing_text(sharing: Sharing) -> list[str]:
    """The terms as lines of TOML; none where sharing is plain."""
    if sharing == PLAIN:
        return []
    lines = [
        "",
        "[sharing]  # shares of the benchmark of care elsewhere",
        f"minimum = {float(sharing.minimum)!r}",
    ]
    for name in ("most_gained", "most_lost"):
        limit = getattr(sharing, name)
        if limit is not None:
            lines.append(f"{name} = {float(limit)!r}")
    return [*lines, f"quality_gate = {str(sharing.quality_gate).lower()}"]
