"""What a real year changes in a design's promises, estimated without a simulation."""

from __future__ import annotations

from incentive_opt.foreseen.year import Foreseen as Foreseen
from incentive_opt.foreseen.year import foreseen as foreseen
