"""A plug-in as it is named: ``name`` or ``path/to/file.py:name``, options as ``@sigma=0.5``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sbc.plugins.errors import UserError, unknown

#: What an option may be; its default says which.
KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a word"}


@dataclass(frozen=True)
class Spec:
    """The parts of a name: file, function, and options as they are written."""

    path: str
    name: str
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Spec:
        """Take a name apart.

        Raises
        ------
        UserError
            For an option that is not ``@name=value``, or one that is named twice.
        """
        path, _, tail = text.rpartition(":")
        name, *words = (tail if path else text).split("@")
        pairs = []
        for word in words:
            option, equals, value = word.partition("=")
            if not (option and equals and value):
                raise UserError(f"'{text}': an option is written @NAME=VALUE, not '@{word}'")
            pairs.append((option, value))
        if len({option for option, _ in pairs}) < len(pairs):
            raise UserError(f"'{text}' gives an option twice")
        return cls(path, name, tuple(pairs))

    def __str__(self) -> str:
        """Write the name out again."""
        return f"{self.path}:{self.short}" if self.path else self.short

    @property
    def plain(self) -> str:
        """The name without options."""
        return str(replace(self, options=()))

    @property
    def short(self) -> str:
        """The name without the file."""
        return self.name + "".join(f"@{option}={value}" for option, value in self.options)

    def canonical(self, defaults: Mapping[str, Any]) -> Spec:
        """Write equal options equally: in the order of the defaults, which are left out.

        Raises
        ------
        UserError
            For an option that there is not, or a value of another type than its default.
        """
        values = self.values(defaults)
        changed = [
            (n, _written(values[n])) for n in defaults if values.get(n, defaults[n]) != defaults[n]
        ]
        return replace(self, options=tuple(changed))

    def values(self, defaults: Mapping[str, Any]) -> dict[str, Any]:
        """Read the options, each with the type of its default; errors as in `canonical`."""
        return {option: self._value(option, text, defaults) for option, text in self.options}

    def _value(self, option: str, text: str, defaults: Mapping[str, Any]) -> Any:
        if option not in defaults:
            raise unknown("option", option, defaults, f"in {self.plain}")
        kind = type(defaults[option])
        try:
            value = {"true": True, "false": False}[text.lower()] if kind is bool else kind(text)
            if kind is float and not math.isfinite(value):
                raise ValueError(text)
        except (ValueError, KeyError):
            raise UserError(
                f"option {option} of {self.plain} is {KINDS[kind]}, not '{text}'"
            ) from None
        return value


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
