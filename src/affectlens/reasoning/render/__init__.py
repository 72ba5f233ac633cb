"""Plug-ins that write an analysis in a format; one file each, asked for by name."""
