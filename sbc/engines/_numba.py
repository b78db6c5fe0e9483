"""C callbacks around PyTensor's compiled functions, kept on disk between processes.

nutpie compiles its callbacks anew in every process (seconds a model), because they hold the data's
addresses. Here the addresses come in through ``user_data``, a plain table of pointers and lengths,
so that the machine code depends on the model alone and PyTensor's Numba cache can keep it.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytensor
from pytensor.link.numba.cache import CACHED_SRC_FUNCTIONS, compile_numba_function_src

from sbc.engines._nutpie import address_as_void_pointer

_DOUBLES = numba.types.CPointer(numba.types.double)
_POINTERS = numba.types.CPointer(numba.types.uint64)
_SIZE = numba.types.uint64

# Exit codes as nuts-rs reads them: 0 fine, 3 and 4 a divergence, 1 an error of the function.
# An operation that Numba has no form of is called as Python. What it raises cannot be caught here
# and ends the callback with code 0: the NaN that was written before makes it a divergence.
_LOGP = """
def logp_callback(dim, x_, gradient_, logp_, table):
    logp_[0] = nan
    x = carray(x_, ({n},))
{arrays}
    value, gradient = inner(x{names})
    out = carray(gradient_, ({n},))
    for i in range({n}):
        out[i] = gradient[i]
        if not isfinite(gradient[i]):
            return 3
    logp_[0] = value.item()
    if not isfinite(logp_[0]):
        return 4
    return 0
"""

_EXPAND = """
def expand_callback(dim, expanded, x_, out_, table):
    for i in range({n_expanded}):
        out_[i] = nan
    x = carray(x_, ({n},))
{arrays}
    (values,) = inner(x{names})
    for i in range({n_expanded}):
        out_[i] = values[i]
    return 0
"""


def logp_callback(function: Any, n: int) -> Any:
    """Wrap a compiled ``x -> (logp, gradient)`` as the C function that nuts-rs calls."""
    signature = numba.types.int64(_SIZE, _DOUBLES, _DOUBLES, _DOUBLES, _POINTERS)
    return _callback(_LOGP, "logp_callback", signature, function, n=n)


def expand_callback(function: Any, n: int, n_expanded: int) -> Any:
    """Wrap a compiled ``x -> (values,)`` as the C function that nuts-rs calls."""
    signature = numba.types.int64(_SIZE, _SIZE, _DOUBLES, _DOUBLES, _POINTERS)
    return _callback(_EXPAND, "expand_callback", signature, function, n=n, n_expanded=n_expanded)


def pointer_table(arrays: list[np.ndarray]) -> np.ndarray:
    """List the address and the shape of each array, in the order that the callbacks read them."""
    return np.array([v for a in arrays for v in (a.ctypes.data, *a.shape)], dtype=np.uint64)


def without_dispatch(function: Any) -> Callable[[], Any]:
    """Give a compiled function of shared variables alone as a call that is fast to repeat.

    Numba looks up the types of all inputs at each call, ten times as long as one step of ADVI
    takes. Here the machine code is called that the function's first call has chosen; the types of
    what it reads may not change. The first output comes back, and shared variables are updated.
    """
    [compiled] = function.vm.jit_fn.overloads.values()
    call = compiled.entry_point
    inputs = [container.storage for container in function.input_storage]
    updates = [(i, container.storage) for i, container in function._update_input_storage]

    def step() -> Any:
        outputs = call(tuple(storage[0] for storage in inputs))
        for i, storage in updates:
            storage[0] = outputs[i]
        return outputs[0]

    return step


def _callback(template: str, name: str, signature: Any, function: Any, **sizes: int) -> Any:
    inner = function.vm.jit_fn
    shared = [variable.type for variable in function.get_shared()]
    lines, position = [], 0
    for i, kind in enumerate(shared):
        shape = "".join(f"table[{position + 1 + axis}], " for axis in range(kind.ndim))
        address = f"address_as_void_pointer(table[{position}])"
        lines.append(f"    a{i} = carray({address}, ({shape}), {kind.dtype})")
        position += 1 + kind.ndim
    source = template.format(
        arrays="\n".join(lines), names="".join(f", a{i}" for i in range(len(shared))), **sizes
    )
    inner_key = CACHED_SRC_FUNCTIONS.get(inner.py_func)
    versions = f"{numba.__version__} {pytensor.__version__}"
    digest = hashlib.sha256(f"{source}{inner_key}{versions}".encode()).hexdigest()
    scope = {
        "__name__": __name__,  # Numba imports it when it loads the code from disk
        "inner": inner,
        "carray": numba.carray,
        "address_as_void_pointer": address_as_void_pointer,
        "isfinite": np.isfinite,
        "nan": np.nan,
        **{str(kind.dtype): np.dtype(kind.dtype) for kind in shared},
    }
    python = compile_numba_function_src(
        source, name, scope, cache_key=None if inner_key is None else digest
    )
    with warnings.catch_warnings():
        # A model with a large constant cannot be kept on disk; it is used all the same.
        warnings.filterwarnings("ignore", message="Cannot cache compiled function")
        return numba.cfunc(signature, cache=inner_key is not None)(python)
