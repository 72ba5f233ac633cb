"""Plug-ins that measure; one file each, asked for by name."""
