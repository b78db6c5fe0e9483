"""A setting is declared once, where it is kept: type, default, bounds and what it is for.

The command line, the Python interface, the pytest plugin and the files that a run is kept in all
read the declaration.
"""

from __future__ import annotations

import math
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, get_type_hints

from sbc.plugins.errors import UserError, option


@dataclass(frozen=True)
class Declared:
    """What is known of a setting.

    Attributes
    ----------
    name : str
        As it is kept.
    option : str
        As the command line and Python call it, without dashes: a run has several estimators, each
        asked for by ``--estimator``.
    kind : type
        Of its values.
    default : object
        What it is where nobody says otherwise.
    help : str
        What it is for, in a few words.
    metavar : str
        What stands for its value in the command's help.
    low, high : float
        Bounds of a number.
    inside : bool
        Whether the bounds themselves are excluded.
    bounds : str
        The bounds in words, if those made of `low` and `high` do not read well.
    """

    name: str
    option: str
    kind: type
    default: Any
    help: str
    metavar: str
    low: float
    high: float
    inside: bool
    bounds: str

    @property
    def flag(self) -> str:
        """Write it as the command line does."""
        return f"--{self.option.replace('_', '-')}"

    def check(self, value: Any) -> None:
        """Refuse a number of another type, or beyond the bounds.

        Raises
        ------
        UserError
            Naming what is allowed.
        """
        number = isinstance(value, int if self.kind is int else int | float)
        if not number or isinstance(value, bool):
            wanted = "a whole number" if self.kind is int else "a number"
            raise UserError(f"{option(self.option)} takes {wanted}, not {value!r}")
        ends = self.low < value < self.high if self.inside else self.low <= value <= self.high
        if not ends:
            nearest = "least" if value < self.low else "most"
            end = self.low if value < self.low else self.high
            allowed = self.bounds or f"be at {nearest} {end:g}"
            shown = value if self.kind is int else f"{value:g}"
            raise UserError(f"{option(self.option)} must {allowed}, not {shown}")


def setting(
    default: Any,
    help: str,
    *,
    option: str = "",
    metavar: str = "N",
    low: float = -math.inf,
    high: float = math.inf,
    inside: bool = False,
    bounds: str = "",
) -> Any:
    """Declare a setting as a field of a dataclass; arguments as in `Declared`."""
    about: dict[str, Any] = {"help": help, "option": option, "metavar": metavar}
    about |= {"low": low, "high": high, "inside": inside, "bounds": bounds}
    if isinstance(default, dict):
        return field(default_factory=lambda: dict(default), metadata=about)
    return field(default=default, metadata=about)


def declared(kept: type) -> dict[str, Declared]:
    """List the settings that a dataclass declares, by the names that it keeps them under."""
    kinds = get_type_hints(kept)
    found = {}
    for item in fields(kept):
        if "help" not in item.metadata:
            continue
        about = dict(item.metadata)
        kind = kinds[item.name]
        default = {} if item.default is MISSING else item.default
        about["option"] = about["option"] or item.name
        found[item.name] = Declared(
            name=item.name, kind=getattr(kind, "__origin__", kind), default=default, **about
        )
    return found
