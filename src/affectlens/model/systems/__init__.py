"""One file per published system: `Config`, and `build(config) -> System`."""
