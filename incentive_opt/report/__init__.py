"""A design for people to read: one page, a workbook or tables, from its run folder."""

from incentive_opt.report.build import Remarks, report_of
from incentive_opt.report.parts import Report, Table

__all__ = ["Remarks", "Report", "Table", "report_of"]
