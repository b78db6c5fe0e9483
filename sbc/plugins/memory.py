"""What has been made of a user's names, kept until a file or a model behind them changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import RLock
from typing import Any

_all: list[Memory] = []


class Memory:
    """Things that are made once for each key, whichever thread asks first.

    All of them are forgotten together, by `forget`: each is made of others.
    """

    def __init__(self) -> None:
        self._things: dict[Hashable, Any] = {}
        self._lock = RLock()  # what is made of a thing may be made while that thing is
        _all.append(self)

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Give what was made for this key, making it if nothing was."""
        with self._lock:
            if key not in self._things:
                self._things[key] = make()
            return self._things[key]

    def keys(self) -> list[Any]:
        """List the keys, oldest first."""
        with self._lock:
            return list(self._things)

    def drop(self, key: Hashable) -> None:
        """Forget one thing, if it is known."""
        with self._lock:
            self._things.pop(key, None)

    def clear(self) -> None:
        """Forget everything that is kept here."""
        with self._lock:
            self._things.clear()


def remembered[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """Have a function of names compute once for each; what it raises is not kept.

    Examples
    --------
    >>> calls = []
    >>> @remembered
    ... def double(name):
    ...     calls.append(name)
    ...     return 2 * name
    >>> double("ab"), double("ab"), calls
    ('abab', 'abab', ['ab'])
    >>> forget()
    >>> double("ab"), calls
    ('abab', ['ab', 'ab'])
    """
    memory = Memory()

    def known(*names: P.args, **more: P.kwargs) -> T:
        key = (names, tuple(more.items()))
        found: T = memory.get(key, lambda: function(*names, **more))
        return found

    known.__doc__, known.__name__ = function.__doc__, function.__name__
    return known


def forget() -> None:
    """Drop everything: a file, or a model that stands in none, is another than it was."""
    for memory in _all:
        memory.clear()
