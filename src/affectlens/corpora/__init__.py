"""Data sets of the field, each read from the files that its authors hand out."""
