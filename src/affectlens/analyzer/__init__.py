"""The line from a file to its analysis, for one file and for many."""
