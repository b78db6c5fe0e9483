"""What an argument of a user's function is: an array of the data, or outcomes among these."""

from __future__ import annotations

from sbc.plugins.data import Data
from sbc.plugins.errors import UserError, option, unknown
from sbc.plugins.generator import Generator
from sbc.plugins.nearest import near

#: The generator where the user names none.
DEFAULT = "confound"


def source_of(estimator: str, name: str, generator: Generator, data: Data) -> str:
    """Say which array an argument is, or the length of which dimension."""
    if name in data:
        return name
    alike = [array for array in data if array.casefold() == name.casefold()]
    if len(alike) == 1:
        return alike[0]
    for dim in generator.dims.values():
        if name.casefold() == f"n_{dim}".casefold():
            return f"len {dim}"
    if generator.name == DEFAULT:  # most often nobody has named it
        if near(name, data):
            raise unknown("array", name, data, f"for which '{estimator}' asks")
        raise UserError(
            f"'{estimator}' takes '{name}', and nothing supplies it: name a file that holds it "
            f"({option('data', 'FILE.csv')}), a generator that draws it "
            f"({option('generator', 'FILE.py:NAME')}), or give it "
            "a default"
        )
    where = f"in the data of '{generator.name}', for which '{estimator}' asks"
    raise unknown("array", name, data, where)


def conditional(outcome: str) -> str:
    """Say that a likelihood stays as it is given earlier outcomes."""
    return (
        f"the likelihood of '{outcome}' reads outcomes that are data, as a lagged covariate does: "
        "these stay as they are, and all is judged given them"
    )
