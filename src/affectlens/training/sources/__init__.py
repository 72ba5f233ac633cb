"""Where clips to learn from are told of: a file for each kind; see `training.material`."""
