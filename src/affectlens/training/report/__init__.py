"""The page of a training run: what it was, how it went, how well it does, how to go on."""

from affectlens.training.report.page import render, write

__all__ = ["render", "write"]
