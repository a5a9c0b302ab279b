"""Pyomo without what it would load beside itself: imported before Pyomo and before scipy.

As soon as both are there Pyomo imports the whole of ``scipy.stats``, which nothing here uses and which takes
longer than a small design. The wish is taken back; a Pyomo that has changed this just loads more.
"""

from __future__ import annotations

from contextlib import suppress

from pyomo.common import dependencies

with suppress(AttributeError):
    dependencies.scipy_available._callback = None
