"""Intervals, floors, slices, paired tests and the choice among runs: all by adding up rows."""
