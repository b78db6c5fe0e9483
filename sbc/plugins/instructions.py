"""Single instructions of the processor, for functions that Numba compiles.

Each becomes one or a few instructions without a branch, so that the compiler can vectorise a loop
over rows in which they stand.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

#: Added to a double below 2**51 in size, it leaves the nearest whole number in the last bits.
ROUND = 1.5 * 2.0**52
ROUND_BITS = 0x4338000000000000
_WORD = ir.IntType(64)


@intrinsic
def fma(_context: Any, _a: Any, _b: Any, _c: Any) -> Any:
    """Compute a b + c with one rounding."""

    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


def polynomial(coefficients: tuple[float, ...]) -> Any:
    """Make a polynomial of one variable, highest power first: a chain of `fma`, no loop."""

    @intrinsic
    def evaluate(_context: Any, _x: Any) -> Any:
        def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            constants = [ir.Constant(ir.DoubleType(), c) for c in coefficients]
            value = constants[0]
            for constant in constants[1:]:
                value = builder.fma(value, arguments[0], constant)
            return value

        return types.float64(types.float64), generate

    return evaluate


@intrinsic
def select(_context: Any, _which: Any, _a: Any, _b: Any) -> Any:
    """Choose without a branch, which would keep a loop from being vectorised."""

    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.select(*arguments)

    return types.float64(types.boolean, types.float64, types.float64), generate


def _bound(order: str) -> Any:
    """Make a function of a and a bound b that gives b where `order` holds of b and a, else a."""

    @intrinsic
    def bounded(_context: Any, _a: Any, _b: Any) -> Any:
        def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            a, b = arguments
            return builder.select(builder.fcmp_ordered(order, b, a), b, a)

        return types.float64(types.float64, types.float64), generate

    return bounded


#: The lesser, and the greater, of a and a bound; NaN stays NaN.
at_most, at_least = _bound("<"), _bound(">")


@intrinsic
def scaled(_context: Any, _y: Any, _rounded: Any) -> Any:
    """Compute y 2**k out of ``ROUND + k``, in two steps: beyond the range comes 0 or infinity."""

    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        y, rounded = arguments
        k = builder.sub(builder.bitcast(rounded, _WORD), ir.Constant(_WORD, ROUND_BITS))
        half = builder.ashr(k, ir.Constant(_WORD, 1))
        for part in (half, builder.sub(k, half)):
            exponent = builder.add(part, ir.Constant(_WORD, 1023))
            power = builder.shl(exponent, ir.Constant(_WORD, 52))
            y = builder.fmul(y, builder.bitcast(power, ir.DoubleType()))
        return y

    return types.float64(types.float64, types.float64), generate


@intrinsic
def bits(_context: Any, _x: Any) -> Any:
    """Take a double's bits for a whole number."""

    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], _WORD)

    return types.int64(types.float64), generate


@intrinsic
def double(_context: Any, _x: Any) -> Any:
    """Take a whole number for a double's bits."""

    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


@intrinsic
def power_of_two(_context: Any, _rounded: Any) -> Any:
    """Make the double 2ᵏ out of ``ROUND + k``, −1023 < k < 1024, by moving its last bits."""

    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        exponent = builder.add(builder.bitcast(arguments[0], _WORD), ir.Constant(_WORD, 1023))
        return builder.bitcast(builder.shl(exponent, ir.Constant(_WORD, 52)), ir.DoubleType())

    return types.float64(types.float64), generate
