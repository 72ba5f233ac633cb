"""The MERR factory: from a folder of videos to a data set with descriptions."""
