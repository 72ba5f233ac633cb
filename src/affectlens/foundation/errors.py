"""The errors that people see, each with the exit code of the command line.

AffectlensError          1
├── ConfigError          2  a setting, an option or a name is wrong
├── InputError           4  the given file cannot be used
├── UnavailableError     5  a package or a model is not there
└── LimitError           6  a cap on time, memory, pixels, duration or streams was reached
"""


class AffectlensError(Exception):
    """Anything that a person should read: what was wanted, what was found, what to do."""

    exit_code = 1


class ConfigError(AffectlensError):
    """A setting, an option or a plug-in's name is wrong."""

    exit_code = 2


class InputError(AffectlensError):
    """A file that was given cannot be read as what it should be."""

    exit_code = 4


class UnavailableError(AffectlensError):
    """A package or a model that the work needs is not on this machine."""

    exit_code = 5


class LimitError(AffectlensError):
    """A cap on time, memory, pixels, duration or streams was reached; see `media.limits.Limits`."""

    exit_code = 6
