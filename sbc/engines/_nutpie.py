"""The parts of nutpie that the engine stands on, several of them private: all taken here, once."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands for a package until an attribute of it is asked for."""

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self.__name__), attribute)


# nutpie imports all of ArviZ, plots included (most of a start-up of five seconds), for a conversion
# of traces that is not used here. Whoever else imports ArviZ gets the package itself.
_stands_in = "arviz" not in sys.modules
if _stands_in:
    sys.modules["arviz"] = _Later("arviz")
try:
    from nutpie import _lib as lib
    from nutpie.compile_pymc import (
        _make_functions as make_functions,
    )
    from nutpie.compile_pymc import (
        _prepare_dims_and_coords as prepare_dims_and_coords,
    )
    from nutpie.compile_pymc import address_as_void_pointer
finally:
    if _stands_in:
        del sys.modules["arviz"]

__all__ = ["address_as_void_pointer", "lib", "make_functions", "prepare_dims_and_coords"]
