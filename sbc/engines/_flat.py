"""Loops over arrays of several axes, made one loop over all of their elements.

PyTensor's code has a loop for each axis, and what the compiler vectorises is the innermost one:
four steps, where rows have four categories. Here inputs that are repeated along an axis are written
out in full, the loop runs over the flat arrays, and its results get their shape back.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.cache import compile_numba_function_src
from pytensor.link.numba.dispatch.basic import (
    numba_funcify_and_cache_key,
    numba_njit,
)
from pytensor.link.numba.dispatch.basic import register_funcify_and_cache_key as register
from pytensor.tensor.elemwise import Elemwise

#: Whether an axis has length one, for each axis.
Pattern = tuple[bool, ...]


class FlatLoop(Op):
    """A function that is taken element by element, of arrays of two or more axes.

    Parameters
    ----------
    scalar : pytensor.scalar.ScalarOp
        The function of one element of each input.
    """

    __props__ = ("scalar",)

    def __init__(self, scalar: Any) -> None:
        self.scalar = scalar

    def make_node(self, *inputs: Any) -> Apply:
        """Take arrays of equal numbers of axes, as `Elemwise` does."""
        made = Elemwise(self.scalar).make_node(*inputs)
        return Apply(self, made.inputs, [v.type() for v in made.outputs])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[Any]) -> None:
        """Compute outside Numba's mode."""
        op = Elemwise(self.scalar)
        op.perform(op.make_node(*node.inputs), inputs, output_storage)

    def __str__(self) -> str:
        return f"Flat{{{self.scalar}}}"


@register(FlatLoop)
def _flat_loop(op: Any, node: Any, **kwargs: Any) -> tuple[Any, str | None]:
    patterns = [v.type.broadcastable for v in node.inputs]
    full: Pattern = tuple(map(all, zip(*patterns, strict=True)))
    vectors = [
        pt.vector(dtype=v.type.dtype, shape=(1,) if all(p) else (None,))
        for v, p in zip(node.inputs, patterns, strict=True)
    ]
    flat = Elemwise(op.scalar)
    loop, key = numba_funcify_and_cache_key(flat, node=flat.make_node(*vectors), **kwargs)
    source = _source([v.type for v in node.inputs], full, len(node.outputs))
    python = compile_numba_function_src(source, "flat_loop", {"np": np, "loop": loop})
    digest = None if key is None else hashlib.sha256(f"{key}{source}".encode()).hexdigest()
    return numba_njit(python), digest


def _source(types: list[Any], full: Pattern, results: int) -> str:
    """Write the function: check lengths, write out what is repeated, loop, shape."""
    lines = []
    for axis, one in enumerate(full):
        lines += _length(types, axis, one)
    sizes = [f"s{axis}" for axis in range(len(full))]
    lines.append(f"size = {' * '.join(sizes)}")
    for i, kind in enumerate(types):
        lines += _written_out(i, kind.broadcastable, full)
    names = ", ".join(f"y{i}" for i in range(len(types)))
    shape = f"({', '.join(sizes)},)"
    lines.append(f"flat = loop({names})")
    parts = ["flat"] if results == 1 else [f"flat[{i}]" for i in range(results)]
    lines.append(f"return {', '.join(f'{part}.reshape({shape})' for part in parts)}")
    arguments = ", ".join(f"x{i}" for i in range(len(types)))
    return f"def flat_loop({arguments}):\n" + "".join(f"    {line}\n" for line in lines)


def _length(types: list[Any], axis: int, one: bool) -> list[str]:
    """Take the length of an axis, and check that all inputs have it, as PyTensor does."""
    repeated = [i for i, t in enumerate(types) if t.broadcastable[axis]]
    others = [i for i, t in enumerate(types) if not t.broadcastable[axis]]
    lines = []
    for i in repeated:
        text = f"Vectorized input {i} is expected to have shape 1 in axis {axis}"
        lines += [f"if x{i}.shape[{axis}] != 1:", f"    raise ValueError({text!r})"]
    known = [t.shape[axis] for t in types if t.shape[axis] not in (None, 1)]
    if one:
        lines.append(f"s{axis} = 1")
    elif known:
        lines.append(f"s{axis} = {known[0]}")
    else:
        lines.append(f"s{axis} = x{others[0]}.shape[{axis}]")
    for i in others:
        text = f"Vectorized input {i} has an incompatible shape in axis {axis}."
        lines += [f"if x{i}.shape[{axis}] != s{axis}:", f"    raise ValueError({text!r})"]
    return lines


def _written_out(i: int, pattern: Pattern, full: Pattern) -> list[str]:
    """Make a vector of an input: its one number, what it holds, or that once for each repeat."""
    axes = range(len(full))
    if all(pattern) or pattern == full:
        return [f"y{i} = np.ascontiguousarray(x{i}).reshape(x{i}.size)"]
    lines = [f"y{i} = np.empty(size, x{i}.dtype)", f"k{i} = np.uint64(0)"]
    for axis in axes:
        lines.append("    " * axis + f"for i{axis} in range(s{axis}):")
    index = ", ".join("0" if pattern[axis] else f"i{axis}" for axis in axes)
    inner = "    " * len(full)
    lines.append(f"{inner}y{i}[k{i}] = x{i}[{index}]")
    lines.append(f"{inner}k{i} += np.uint64(1)")
    return lines


__all__ = ["FlatLoop"]
