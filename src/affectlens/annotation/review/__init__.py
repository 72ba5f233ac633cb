"""People look over a data set: a local page, every decision kept, how far they agree."""
