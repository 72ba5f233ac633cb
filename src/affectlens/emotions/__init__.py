"""Words for emotions, each set written once."""
