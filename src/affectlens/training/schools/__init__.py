"""Schools of small encoders of our own, which learn before the stages of a run."""
