"""A design: the contract, what practices do under it, and what is proved of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from incentive_opt.certify import response_rows
from incentive_opt.domain.contract import Contract
from incentive_opt.domain.instance import Instance
from incentive_opt.domain.payment_model import PaymentModel
from incentive_opt.domain.response import Response
from incentive_opt.files import check_run_folder, write_atomically, write_run_folder

if TYPE_CHECKING:
    import pandas as pd

STALE = ("report.html", "validation.json", "sensitivity.json", "sensitivity_draws.csv")


@dataclass(frozen=True)
class Design:
    """What ``solve`` returns.

    Attributes
    ----------
    document : dict
        The content of design.json.
    contract : Contract
        What a payer would sign.
    intended : tuple of Response
        What one practice of each type does under the contract, in the order of the instance.
    instance, model
        What was solved, with a budget or margin given to ``solve`` in place of the instance's, and the rates
        that practices aim at.
    log : tuple of str
        What happened while solving, a line each.
    model_text : str
        The file of a model that was combined from several; empty for one that has its own file.
    """

    document: dict[str, Any]
    contract: Contract
    intended: tuple[Response, ...]
    instance: Instance
    model: PaymentModel
    log: tuple[str, ...]
    model_text: str = ""

    @property
    def status(self) -> str:
        """``optimal`` (within the gap asked for) or ``feasible``."""
        return str(self.document["status"])

    @property
    def health(self) -> float:
        """Health of all children under the contract, as the payer values it [QALY/year]."""
        return float(self.document["objective"]["health_qaly"])

    @property
    def upper_bound(self) -> float:
        """Health that no contract of this model passes [QALY/year]."""
        return float(self.document["objective"]["upper_bound_qaly"])

    @property
    def gap(self) -> float:
        """Share of the upper bound by which the health may fall short of the best [1]."""
        return float(self.document["objective"]["gap"])

    @property
    def outlay(self) -> float:
        """Contract payments and care elsewhere, over all practices [USD/year]."""
        return float(self.document["budget"]["outlay_usd"])

    @cached_property
    def responses(self) -> pd.DataFrame:
        """What practices do: ``practice``, ``kind``, ``item``, ``segment_or_band``, ``value`` (a year)."""
        import pandas as pd

        return pd.DataFrame(response_rows(self.intended)).astype({"value": float})

    def write(self, folder: str | Path) -> None:
        """Write the run folder: everything needed to verify the design, whole files only.

        An earlier design in the same folder is replaced, and what speaks of it (report, validation) removed.

        Raises
        ------
        InputError
            Where the folder holds an instance, or other files and no design.
        """
        check_run_folder(folder)
        for stale in STALE:
            (Path(folder) / stale).unlink(missing_ok=True)
        model = self.model
        if self.model_text:
            write_atomically(Path(folder) / "model.toml", self.model_text)
            model = replace(model, path=str(Path(folder) / "model.toml"))
        write_run_folder(
            folder,
            self.document,
            self.contract,
            response_rows(self.intended),
            "\n".join(self.log),
            self.instance,
            model,
        )
