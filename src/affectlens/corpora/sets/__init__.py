"""The data sets, one a file; each is a plug-in."""
