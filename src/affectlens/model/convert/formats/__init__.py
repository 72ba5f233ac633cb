"""Formats of released checkpoints, one file each, found by their names."""
