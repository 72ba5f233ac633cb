"""Metrics, one a file; each is a plug-in."""
