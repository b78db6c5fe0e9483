"""A mode of PyTensor's in which loops over rows are vectorised, for any model.

Three things keep the compiler from it in PyTensor's own Numba mode: elementary functions that are
calls of the C library; functions of many terms that are not put into the loop that calls them; and
loops into which reading and adding by index are drawn, whose steps depend on each other. Here
functions are those of `kernels`, terms stand in the loop, and indexing has loops of its own.
"""

from __future__ import annotations

import hashlib
import math
from functools import cache
from typing import Any

import pytensor.scalar as ps
from numba import njit
from pytensor.compile.mode import Mode, get_mode
from pytensor.graph.rewriting.basic import GraphRewriter
from pytensor.graph.rewriting.db import RewriteDatabaseQuery
from pytensor.link.numba.dispatch.basic import numba_funcify_and_cache_key
from pytensor.link.numba.dispatch.basic import register_funcify_and_cache_key as register
from pytensor.scalar import Composite
from pytensor.scalar.math import Erf, Erfc, Erfcx, GammaLn, Log1mexp, Psi, Sigmoid, Softplus
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.rewriting.fused_elemwise import fused_elemwise_optdb

from sbc.engines import _reduced
from sbc.engines._flat import FlatLoop
from sbc.engines._version import VERSION
from sbc.plugins import error_functions, kernels, modes  # noqa: F401 - `modes` takes fastmath off


class Exp(ps.Exp):
    """exp(x) by `kernels.exp`."""


class Log(ps.Log):
    """log(x) by `kernels.log`."""


class Log1p(ps.Log1p):
    """log(1 + x) by `kernels.log1p`."""


class FastSigmoid(Sigmoid):
    """1 / (1 + exp(-x)) by `kernels.sigmoid`."""


class FastSoftplus(Softplus):
    """log(1 + exp(x)) by `kernels.softplus`."""


class FastGammaLn(GammaLn):
    """log |Gamma(x)| by `kernels.gammaln`."""


class FastPsi(Psi):
    """The derivative of log Gamma(x) by `kernels.psi`."""


class Expm1(ps.Expm1):
    """exp(x) - 1 by `kernels.expm1`."""


class FastLog1mexp(Log1mexp):
    """log(1 - exp(x)) by `kernels.log1mexp`."""


class FastErf(Erf):
    """The error function by `error_functions.erf`."""


class FastErfc(Erfc):
    """1 - erf(x) by `error_functions.erfc`."""


class FastErfcx(Erfcx):
    """exp(x**2) erfc(x) by `error_functions.erfcx`."""


class FastSwitch(ps.Switch):
    """A choice without a branch by `kernels.switch`."""


_KERNELS: dict[type, Any] = {
    Exp: kernels.exp,
    Log: kernels.log,
    Log1p: kernels.log1p,
    FastSigmoid: kernels.sigmoid,
    FastSoftplus: kernels.softplus,
    FastGammaLn: kernels.gammaln,
    FastPsi: kernels.psi,
    Expm1: kernels.expm1,
    FastLog1mexp: kernels.log1mexp,
    FastErf: error_functions.erf,
    FastErfc: error_functions.erfc,
    FastErfcx: error_functions.erfcx,
    FastSwitch: kernels.switch,
}
#: What stands for a call of the C library: a class of PyTensor's by its subclass here.
_FAST = {kind.__mro__[1]: kind for kind in _KERNELS if kind is not FastSwitch}


def _kernel(op: Any, node: Any, **_: Any) -> tuple[Any, str]:
    kind = type(op)
    return _KERNELS[kind], hashlib.sha256(f"{kind.__name__}{VERSION}".encode()).hexdigest()


for _kind in _KERNELS:
    register(_kind)(_kernel)


#: Arithmetic that the compiler vectorises by itself.
_PLAIN = {
    *("Add", "Sub", "Mul", "TrueDiv", "Neg", "Sqr", "Sqrt", "Abs", "Reciprocal", "Cast"),
    *("Switch", "EQ", "NEQ", "LT", "LE", "GT", "GE", "AND", "OR", "Invert", "Identity", "Second"),
    *("ScalarMaximum", "ScalarMinimum", "Maximum", "Minimum", "Clip", "IsNan", "IsInf"),
}
#: Loops of fewer steps than this are left as they are, if that is known.
_SHORT = 16


class InLoop(Composite):
    """A function of many terms that is put into the loop that calls it."""


@register(InLoop)
def _in_loop(op: Any, node: Any, **kwargs: Any) -> tuple[Any, str | None]:
    function, key = numba_funcify_and_cache_key(Composite(op.inputs, op.outputs), node=node)
    inlined = njit(
        function.py_func,
        forceinline=True,
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
    )
    return inlined, None if key is None else hashlib.sha256(f"{key} in loop".encode()).hexdigest()


def _fast_op(node: Any) -> Any:
    """Give what computes a step of a loop in its fast form, or itself; None if it has none."""
    kind, dtypes = type(node.op), {v.type.dtype for v in (*node.inputs, *node.outputs)}
    if kind in _FAST:
        made = _FAST[kind](ps.upgrade_to_float, name="fast")
        return made if dtypes == {"float64"} else None
    if kind is ps.Switch and node.outputs[0].type.dtype == "float64":
        return FastSwitch()
    return node.op if kind.__name__ in _PLAIN else None


def _in_fast_form(scalar: Composite) -> InLoop | None:
    """Give a function of many terms in its fast form; None if it has none.

    One call of the C library keeps the whole loop from being vectorised.
    """
    known: dict[Any, Any] = {}
    for node in scalar.fgraph.toposort():
        if (op := _fast_op(node)) is None:
            return None
        outputs = op.make_node(*(known.get(v, v) for v in node.inputs)).outputs
        known |= dict(zip(node.outputs, outputs, strict=True))
    return InLoop(scalar.fgraph.inputs, [known.get(v, v) for v in scalar.fgraph.outputs])


def _faster(node: Any) -> Any:
    """Give a loop in its fast form; None if it has none."""
    scalar = node.op.scalar_op
    if isinstance(scalar, Composite):
        made = _in_fast_form(scalar)
    else:
        made = _fast_op(scalar.make_node(*(v.type.to_scalar_type()() for v in node.inputs)))
    return None if made is None else Elemwise(made, node.op.inplace_pattern)


def _is_loop(node: Any) -> bool:
    """Say whether it is a loop, and not known to be a short one."""
    if not isinstance(node.op, Elemwise):
        return False
    lengths = node.outputs[0].type.shape
    return None in lengths or math.prod(lengths) >= _SHORT


def _kinds(node: Any) -> list[type]:
    """List the functions of elements that a loop computes."""
    scalar = node.op.scalar_op
    inner = scalar.fgraph.apply_nodes if isinstance(scalar, Composite) else ()
    return [type(n.op) for n in inner] or [type(scalar)]


def _called(node: Any) -> list[type]:
    """List the functions of a loop that are calls of the C library and have a fast form."""
    return [kind for kind in _kinds(node) if kind in _FAST]


class _Finished(GraphRewriter):
    """Makes loops fast, where there is anything to gain.

    If all loops run over vectors, indexing and sums are left apart, provided that every loop that
    calls the C library can be made fast; a logarithm alone is not worth loops for indexing. If some
    run over matrices, those with such calls alone are made fast, and PyTensor's own last steps put
    the others together with indexing and sums: apart they would be many passes over much memory.
    """

    def apply(self, fgraph: Any) -> None:
        loops = {node: _faster(node) for node in filter(_is_loop, fgraph.toposort())}
        worth = {n for n, made in loops.items() if made and _called(n) not in ([], [ps.Log1p])}
        flat = any(node.outputs[0].type.ndim > 1 for node in worth)
        if worth and (flat or None not in loops.values()):
            for node, made in loops.items():
                if made is not None and _called(node):
                    op = FlatLoop(made.scalar_op) if flat else made
                    pairs = zip(node.outputs, op.make_node(*node.inputs).outputs, strict=True)
                    fgraph.replace_all(list(pairs), reason="fast")
            for node in fgraph.toposort():
                if (op := _reduced.faster(node, flat)) is not None:
                    fgraph.replace(node.outputs[0], op(node.inputs[0]), reason="lanes")
        if flat or not worth or None in loops.values():
            _last_steps().rewrite(fgraph)


@cache
def _last_steps() -> Any:
    return fused_elemwise_optdb.query(RewriteDatabaseQuery(include=["numba"]))


@cache
def fast() -> Mode:
    """Give the mode."""
    unfinished = get_mode("NUMBA").excluding("fuse_indexed_into_elemwise")
    return unfinished.register((_Finished(), 100))


__all__ = ["fast"]
