"""What a real year changes in a design's promises, estimated without a simulation."""

from __future__ import annotations

from incentive_opt.foreseen.continuity import Multiples as Multiples
from incentive_opt.foreseen.year import Foreseen as Foreseen
from incentive_opt.foreseen.year import foreseen as foreseen
from incentive_opt.foreseen.year import multiples_of as multiples_of
