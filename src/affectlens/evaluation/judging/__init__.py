"""Judges asked about predictions: prompts as data, replies kept, refusals counted."""
