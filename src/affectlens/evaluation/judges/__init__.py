"""Judges: language models that are asked about texts, one kind a file; each is a plug-in."""
