"""Where clips to learn from are told of; plug-ins by file name.

A source is a file with `TITLE`, `Config` (frozen, keyword-only, everything defaulted) and
`read(path: Path, config) -> Sequence[Item]`, which reads a clip when it is asked for wherever the
form of the files allows it.
"""
