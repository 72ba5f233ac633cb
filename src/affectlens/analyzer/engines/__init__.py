"""One file per engine; see `analyzer.engine` for what each offers."""
