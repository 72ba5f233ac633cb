"""One file per encoder; see `encoders.encoder` for what each offers."""
