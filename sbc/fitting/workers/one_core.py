"""One core for each fit: linear algebra on several sums in another order, which gives other bits.

It is also faster, where as many fits run at a time as there are cores.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

#: What libraries of linear algebra read when they are loaded.
ONE_CORE = {
    f"{name}_NUM_THREADS": "1"
    for name in ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB", "NUMEXPR", "ACCELERATE")
}


def before_numpy() -> None:
    """Limit libraries that this process, or one that it starts, has not loaded yet."""
    os.environ.update(ONE_CORE)


@contextmanager
def one_core() -> Iterator[None]:
    """Limit libraries that have been loaded already, for a while."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield
