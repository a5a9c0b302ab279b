"""How long the search for whole cents goes on: until the time is up, or a little after a stop."""

from __future__ import annotations

from incentive_opt.solve.choosing import PATIENCE, patient


class Watch:
    """Seconds since the start, moved by hand; and whether a stop was asked for."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.stopped = seconds, False

    def late(self, time_limit: float):  # type: ignore[no-untyped-def]
        """What ``patient`` makes of it."""
        return patient(lambda: self.stopped, lambda: self.seconds, time_limit)


def test_the_time_limit_ends_it() -> None:
    """Before the limit there is time, from the limit on there is none."""
    watch = Watch(10.0)
    late = watch.late(60.0)
    watch.seconds = 59.9
    assert not late()
    watch.seconds = 60.0
    assert late()


def test_a_search_that_took_all_the_time_leaves_a_little() -> None:
    """Whole cents have their least time, though the limit is over."""
    watch = Watch(75.0)
    late = watch.late(60.0)
    watch.seconds = 75.0 + 0.9 * PATIENCE
    assert not late()
    watch.seconds = 75.0 + PATIENCE
    assert late()


def test_a_stop_ends_it_soon() -> None:
    """Counted from when the stop was first seen, however much time there would be."""
    watch = Watch(1.0)
    late = watch.late(1000.0)
    watch.seconds, watch.stopped = 20.0, True
    assert not late()
    watch.seconds = 20.0 + 0.9 * PATIENCE
    assert not late()
    watch.seconds = 20.0 + PATIENCE
    assert late()


def test_a_stop_before_it_began_counts_from_the_beginning() -> None:
    """A stop that was asked for during the search leaves the same short time."""
    watch = Watch(5.0)
    watch.stopped = True
    late = watch.late(1000.0)
    watch.seconds = 5.0 + PATIENCE
    assert late()


def test_without_a_stop_nothing_but_the_limit_counts() -> None:
    """Whoever cannot be stopped goes on until the limit."""
    watch = Watch(0.0)
    late = patient(None, lambda: watch.seconds, 30.0)
    watch.seconds = 29.0
    assert not late()
