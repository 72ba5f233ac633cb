"""A run's scores as one page for people: intervals over floors, confusions, calibration, slices."""

from affectlens.evaluation.report.page import Run, html_report

__all__ = ["Run", "html_report"]
