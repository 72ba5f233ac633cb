"""Measurements said plainly, each with its person, span, strength and numbers."""
