"""Compiled code that is kept on disk: checked before it is run, and made again if it is damaged.

Numba's cache, in which PyTensor keeps what it compiles, takes what it finds for what it wrote: a
file cut off by a full disk ends every later run by a traceback, and one with a wrong byte runs.
Here a digest is written behind the code, which Numba itself reads over.
"""

from __future__ import annotations

import hashlib
import pickle
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from numba.core.caching import IndexDataCacheFile
from pytensor import config

_MARK = b"sbc-sha2"
_TAIL = len(_MARK) + 32
_told: set[str] = set()
_Original = IndexDataCacheFile
_dump, _load, _save = _Original._dump, _Original.load, _Original.save


class DamagedError(Exception):
    """What stands behind the code is not the digest of the code."""


def _with_digest(self: Any, content: Any) -> bytes:
    data = _dump(self, content)
    return data + _MARK + hashlib.sha256(data).digest()


def _checked(data: bytes) -> Any:
    """Read what `_with_digest` has written, or Numba without it.

    Raises
    ------
    DamagedError
        If it is not what was written.
    """
    code, mark, digest = data[:-_TAIL], data[-_TAIL:-32], data[-32:]
    if mark == _MARK and hashlib.sha256(code).digest() != digest:
        raise DamagedError
    return pickle.loads(data)


def _load_index(self: Any) -> dict[Any, str]:
    """Read which functions are kept; none if there is no index, an old or a damaged one."""
    try:
        data = Path(self._index_path).read_bytes()
        version, found = pickle.loads(data), pickle.dumps(self._version, protocol=-1)
        if version != self._version:
            return {}
        stamp, overloads = _checked(data[len(found) :])
    except Exception:  # whatever bytes make of a pickle
        return {}
    return overloads if stamp == self._source_stamp else {}


def _load_data(self: Any, name: str) -> Any:
    return _checked(Path(self._data_path(name)).read_bytes())


def _load_checked(self: Any, key: Any) -> Any:
    """Give what is kept of a function; nothing if it is damaged, and it is compiled again."""
    try:
        return _load(self, key)
    except Exception:
        return None


def _save_if_possible(self: Any, key: Any, data: Any) -> None:
    """Keep what was compiled; say once where that cannot be, and go on without."""
    try:
        _save(self, key, data)
    except OSError as problem:
        _tell(self._cache_path, problem)


def _tell(folder: str, problem: OSError) -> None:
    """Say once that compiled code cannot be kept."""
    if folder not in _told:
        _told.add(folder)
        print(
            f"sbc: compiled code cannot be kept in {folder} ({problem.strerror or problem}): every "
            "run compiles anew; choose another folder by PYTENSOR_FLAGS=base_compiledir=DIR",
            file=sys.stderr,
        )


def compared(name: str) -> Path:
    """Name the file by which it is remembered that a shortcut was compared with PyMC's own."""
    return Path(config.base_compiledir) / "sbc-compared" / name


def remember(file: Path) -> None:
    """Note by an empty file that something was looked at; where none can be, that is repeated."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def install() -> None:
    """Have Numba's cache checked, in this process."""
    _Original._dump = _with_digest
    _Original._load_index = _load_index
    _Original._load_data = _load_data
    _Original.load = _load_checked
    _Original.save = _save_if_possible
