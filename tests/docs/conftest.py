"""After the tests that type the pages: what of them was shortened, and what was not run."""

from __future__ import annotations

import pytest

from tests.docs.plan import told


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables where pages were typed."""
    reports = [*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])]
    if any("test_a_page_works_as_it_stands" in report.nodeid for report in reports):
        terminalreporter.section("blocks of the pages that were typed shortened or not at all")
        for line in told():
            terminalreporter.write_line(line)
