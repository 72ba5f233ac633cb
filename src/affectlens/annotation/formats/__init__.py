"""Data sets in the forms of other tools, written and read; plug-ins by file name."""
