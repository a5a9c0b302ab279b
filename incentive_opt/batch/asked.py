"""The command with which a batch can be asked again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from incentive_opt.batch.study import Terms
from incentive_opt.batch.typed import shown, words_of


def command_of(study: Mapping[str, Any], out: str) -> str:
    """The command, from what batch.json says was asked; files by their names, without this machine's folders.

    Parameters
    ----------
    study : mapping
        As ``Study.as_dict`` has it.
    """
    named = ["incentive-opt", "batch"]
    if study.get("file"):
        named += ["--study", shown(study["file"]), *study.get("typed", ())]
        return shlex.join([*named, "--out", out])
    product, usual = study["products"][0], asdict(Terms())
    terms = {name: value for name, value in study["terms"].items() if value != usual[name]}
    named += words_of(product["instances"], product["models"], product["seeds"], product["settings"], terms)
    return shlex.join([*named, "--out", out])
