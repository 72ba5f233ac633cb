"""One file per connector; see `model.connector` for what each offers."""
