"""The command with which a batch can be asked again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from incentive_opt.batch.study import Terms

OPTIONS = {"gap": "--gap", "time_limit": "--time-limit", "iterations": "--iterations", "kinds": "--kinds",
           "pieces": "--pieces", "margin": "--margin", "replications": "--replications"}  # fmt: skip
FLAGS = {"validate": "--validate", "report": "--report"}


def command_of(study: Mapping[str, Any], out: str) -> str:
    """The command, from what batch.json says was asked; files by their names, without this machine's folders.

    Parameters
    ----------
    study : mapping
        As ``Study.as_dict`` has it.
    """
    named = ["incentive-opt", "batch"]
    seeds = {tuple(product["seeds"]) for product in study["products"]}
    if study.get("file"):
        named += ["--study", _shown(study["file"])]
        if len(seeds) == 1 and len(only := next(iter(seeds))) == 1:
            named += ["--seed", str(only[0])]
        return shlex.join([*named, "--out", out])
    product = study["products"][0]
    named += [_shown(name) for name in product["instances"]]
    named += ["--models", ",".join(_shown(name) for name in product["models"])]
    several = len(product["seeds"]) > 1
    named += ["--seeds" if several else "--seed", ",".join(map(str, product["seeds"]))]
    for key, values in product["settings"]:
        named += ["--set", f"{key}={','.join(str(value) for value in values)}"]
    usual = asdict(Terms())
    for name, option in OPTIONS.items():
        if study["terms"][name] != usual[name]:
            named += [option, f"{study['terms'][name]:g}"]
    named += [flag for name, flag in FLAGS.items() if study["terms"][name]]
    return shlex.join([*named, "--out", out])


def _shown(name: str) -> str:
    """A path as it was named; of a whole path the last part."""
    return "+".join(Path(part).name if Path(part).is_absolute() else part for part in str(name).split("+"))
