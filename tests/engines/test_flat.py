"""Loops over arrays of several axes: PyTensor's own numbers, and its own refusals."""

from __future__ import annotations

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from sbc.engines import _fast
from sbc.engines._fast import fast
from sbc.engines._flat import FlatLoop
from sbc.engines._reduced import LaneSum, RowReduce

RNG = np.random.default_rng(11)


def compiled(inputs, graph):
    """Compile, and say which kinds of nodes there are."""
    function = pytensor.function(inputs, graph, mode=fast())
    return function, [type(node.op) for node in function.maker.fgraph.toposort()]


def test_what_is_repeated_along_an_axis_meets_the_right_elements():
    row, column, whole, number = pt.row("r"), pt.col("c"), pt.matrix("x"), pt.dscalar("k")
    graph = pt.exp(row * number - column) + whole / column
    function, kinds = compiled([row, column, whole, number], graph)
    assert FlatLoop in kinds
    for shape in ((3, 4), (1, 4), (3, 1), (1, 1), (0, 4), (3, 0), (0, 0), (40, 23)):
        x, r, c = RNG.normal(size=shape), RNG.normal(size=(1, shape[1])), RNG.normal(size=shape[0])
        c = c[:, None]
        assert function(r, c, x, 0.7) == pytest.approx(np.exp(r * 0.7 - c) + x / c, rel=1e-14)
    x, r = RNG.normal(size=(3, 3)), RNG.normal(size=(1, 3))
    turned = np.exp(r.T * 0.7 - r) + x / r  # what a loop that pairs wrong elements would give
    assert function(r, r.T, x, 0.7) != pytest.approx(turned)


@pytest.mark.slow
def test_three_axes_several_results_and_any_order_in_memory():
    x, y, n = pt.dtensor3("x"), pt.tensor("y", shape=(None, 1, None)), pt.imatrix("n")
    made = pt.exp(x) * y + n
    function, kinds = compiled([x, y, n], [made, pt.log(pt.exp(x) + y)])
    assert FlatLoop in kinds
    a, b, m = RNG.normal(size=(2, 3, 5)), RNG.gamma(2, size=(2, 1, 5)), RNG.integers(0, 9, (3, 5))
    b_apart = np.repeat(b, 2, axis=2)[:, :, ::2]
    a_turned = np.ascontiguousarray(a.transpose(2, 0, 1)).transpose(1, 2, 0)
    for inputs in ((a, b), (a_turned, b_apart), (a[::-1], b[:, :, ::-1])):
        found = function(*inputs, m.astype("int32"))
        wanted = np.exp(inputs[0]) * inputs[1] + m, np.log(np.exp(inputs[0]) + inputs[1])
        for mine, theirs in zip(found, wanted, strict=True):
            assert mine == pytest.approx(theirs, rel=1e-13)


def test_arrays_that_do_not_fit_are_refused_as_pytensor_does():
    x, y = pt.matrix("x"), pt.matrix("y")
    column = pt.col("c")
    function, kinds = compiled([x, y, column], pt.exp(x) * pt.exp(y) + column)
    assert FlatLoop in kinds
    fine = np.ones((2, 6)), np.ones((2, 6)), np.ones((2, 1))
    assert function(*fine).shape == (2, 6)
    wrong = {
        "as many elements": (np.ones((6, 2)), *fine[1:]),
        "turned": (np.ones((3, 4)), np.ones((4, 3)), np.ones((3, 1))),
        "one row": (np.ones((1, 6)), *fine[1:]),
        "one column": (fine[0], np.ones((2, 1)), fine[2]),
        "too few": (*fine[:2], np.ones((3, 1))),
    }
    for given in wrong.values():
        with pytest.raises(ValueError, match=r"shape"):
            function(*given)


ROWS = {
    "softmax": lambda x, axis: pt.special.softmax(x, axis=axis),
    "log_softmax": lambda x, axis: pt.special.log_softmax(x, axis=axis),
    "logsumexp": lambda x, axis: pt.logsumexp(x, axis=axis),
    "log of a sum": lambda x, axis: pt.log(pt.exp(x).sum(axis=axis)),
}


@pytest.mark.slow
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("name", ["log_softmax", "logsumexp"])
def test_rows_have_pytensor_s_numbers_over_the_whole_range(name, axis):
    x, weights = pt.matrix("x"), pt.matrix("w")
    made = ROWS[name](x, axis)
    scale = made * (weights if made.ndim == 2 else weights.sum(axis=axis))
    outputs = [made, pt.grad(scale.sum(), x)]
    ours, kinds = compiled([x, weights], outputs)
    assert FlatLoop in kinds
    assert (RowReduce in kinds) == (axis == 1)
    theirs = pytensor.function([x, weights], outputs, mode="FAST_COMPILE")
    w = RNG.normal(size=(11, 9))
    for given in of_all_sizes(w.shape):
        with np.errstate(all="ignore"):
            pairs = zip(ours(given, w), theirs(given, w), strict=True)
        for mine, other in pairs:
            assert mine == pytest.approx(other, rel=1e-13, abs=1e-14, nan_ok=True)


def of_all_sizes(shape):
    """Give matrices of small and large numbers, and with special values among them."""
    for scale in (1e-300, 1e-9, 1, 40, 800, 1e300):
        yield RNG.normal(size=shape) * scale
    for special in (np.nan, np.inf, -np.inf):
        x = RNG.normal(size=shape)
        x[2, 3] = x[4, 3] = x[4, 7] = special
        yield x
    yield np.full(shape, -np.inf)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (1, 1), (30, 3), (4, 70)])
@pytest.mark.parametrize("name", ROWS)
def test_rows_of_any_number_and_length(name, shape):
    x = pt.matrix("x")
    for axis in (0, 1):
        made = ROWS[name](x, axis)
        outputs = [made, pt.grad((made**2).sum(), x)]
        ours, _ = compiled([x], outputs)
        theirs = pytensor.function([x], outputs, mode="FAST_COMPILE")
        given = RNG.normal(size=shape)
        for mine, other in zip(ours(given), theirs(given), strict=True):
            assert mine == pytest.approx(other, rel=1e-12, abs=1e-13)


@pytest.mark.slow
def test_a_sum_of_all_elements_is_one_of_lanes_and_other_sums_are_left_alone():
    x = pt.matrix("x")
    function, kinds = compiled([x], [pt.exp(x).sum(), pt.exp(x).sum(axis=0), (2 * pt.exp(x)).min()])
    assert LaneSum in kinds
    assert RowReduce not in kinds
    given = RNG.normal(size=(7, 13)).T
    total, columns, least = function(given)
    assert total == pytest.approx(np.exp(given).sum())
    assert columns == pytest.approx(np.exp(given).sum(axis=0))
    assert least == pytest.approx(2 * np.exp(given).min())


def test_a_short_array_neither_gains_nor_keeps_others_from_gaining():
    few = pt.tensor("few", shape=(2, 3))
    x = pt.dvector("x")
    _, kinds = compiled([few], pt.exp(few).sum(axis=1))
    assert not {FlatLoop, RowReduce} & set(kinds)
    function, _ = compiled([x, few], [pt.exp(x).sum(), pt.tanh(few)])
    ops = [getattr(n.op, "scalar_op", None) for n in function.maker.fgraph.toposort()]
    assert any(isinstance(op, _fast.Exp) for op in ops)
