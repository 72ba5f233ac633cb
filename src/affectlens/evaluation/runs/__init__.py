"""A run from its task to its folder, and tasks as files of other harnesses."""
