"""One memory of what was made of names, and one way to forget it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from sbc.plugins.memory import Memory, forget, remembered


def test_a_thing_is_made_once_though_many_threads_ask():
    memory, made = Memory(), []
    with ThreadPoolExecutor(8) as pool:
        asked = [
            pool.submit(memory.get, "key", lambda: made.append(1) or object()) for _ in "x" * 80
        ]
        found = [future.result() for future in asked]
    assert len(set(map(id, found))) == 1
    assert made == [1]


def test_what_fails_is_not_kept():
    memory = Memory()
    with pytest.raises(ZeroDivisionError):
        memory.get("key", lambda: 1 / 0)
    assert memory.get("key", lambda: 2) == 2


def test_one_call_forgets_whatever_was_made_anywhere():
    made = []

    @remembered
    def double(name):
        """Say it twice."""
        made.append(name)
        return 2 * name

    memory = Memory()
    assert (double("a"), double("a"), memory.get("a", lambda: 1)) == ("aa", "aa", 1)
    forget()
    assert (double("a"), memory.get("a", lambda: 2)) == ("aa", 2)
    assert made == ["a", "a"]
    assert (double.__name__, double.__doc__) == ("double", "Say it twice.")
