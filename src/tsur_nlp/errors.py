"""The errors a host may get, in one tree.

    TsurError
    ├── AppealError    what was handed in as an appeal is none, or one of its fields
    ├── TableError     a table that can't be read or lacks what was asked of it
    ├── CatalogError   a mistake in the topic catalogue or in a crosswalk
    ├── RegionError    an unknown region, or a mistake in its tables
    ├── ModelError     a model folder that is missing, changed or too large
    ├── PipelineError  components that do not fit together
    ├── JournalError   a journal that can't be opened or does not hold what was asked of it
    └── PrivacyError   a file of what was masked by what that can't be read

Texts are in Russian, since operators read them: what was found, what was expected, what to do.
They never quote an appeal.
"""


class TsurError(Exception):
    """Root of the tree; catch it to catch everything the library raises on purpose."""


class AppealError(TsurError, TypeError):
    """What a host handed in is not an appeal, or a field of it is not of its type."""


class TableError(TsurError):
    """A table can't be read, or a column it must have is not there."""


class CatalogError(TsurError):
    """The topic catalogue or a crosswalk breaks its own rules."""


class RegionError(TsurError):
    """A region is unknown, or one of its tables is wrong."""


class ModelError(TsurError):
    """A model folder is missing, changed, or not a model of this library."""


class MissingExtraError(TsurError):
    """An optional package is not installed.

    `what`: what needs it, in Russian in the genitive after «для»; `package`: its name; `extra`: ours that brings it.
    """

    def __init__(self, what: str, package: str, extra: str):
        super().__init__(f"для {what} нужен {package}: pip install 'tsur-nlp[{extra}]'")
        self.extra = extra


class ConfigError(TsurError):
    """A file of a centre's defaults can't be read, or has a key that no option is called by."""


class PipelineError(TsurError):
    """A component needs what none before it finds, or bears another's name."""


class JournalError(TsurError):
    """A journal can't be opened or written, or does not hold what was asked of it."""


class PrivacyError(TsurError):
    """A vault, the file of what stands behind masks, can't be read."""
