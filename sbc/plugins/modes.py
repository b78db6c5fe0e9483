"""How PyTensor compiles: to exact arithmetic, and cheaply what is called a few thousand times.

Importing this module takes ``fastmath`` off PyTensor's Numba functions, for the whole process: a
switch that is set for a while would be off in another thread. With it the compiler may fuse a
product and a sum that stand in two functions if it puts one into the other, which it does or does
not as they were compiled now or loaded; without it the last bits depend on the model alone. What is
loaded is checked first.
"""

from __future__ import annotations

import os
from typing import Any

from pytensor import config
from pytensor.compile.mode import Mode, get_mode
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.scalar.basic import Add, Mul
from pytensor.tensor.elemwise import Elemwise

from sbc.plugins.compile_cache import install

config.numba__fastmath = False
if "blas__ldflags" not in os.environ.get("PYTENSOR_FLAGS", ""):
    # For code in C alone, which is not made here: looking for a library only ends in a warning.
    config.blas__ldflags = ""
install()

#: NumPy, which evaluates an operation in Python, takes so many operands, the result among them.
_OPERANDS = 32


@node_rewriter([Elemwise])
def _narrow(fgraph: Any, node: Any) -> list[Any] | None:
    """Split a sum or product of many terms, as the density of a model of many variables is one."""
    terms = node.inputs
    if len(terms) < _OPERANDS or not isinstance(node.op.scalar_op, Add | Mul):
        return None
    op, half = Elemwise(node.op.scalar_op), len(terms) // 2
    return [op(op(*terms[:half]), op(*terms[half:]))]


#: Cheap to compile, slow to run.
CHEAP = Mode(linker="py", optimizer=get_mode("FAST_COMPILE").provided_optimizer).register(
    (in2out(_narrow, name="narrow"), 1000)
)
