"""How a subject is asked: what it is shown of a sample, and what is read from its answer."""
