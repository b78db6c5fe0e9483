"""NUTS in Rust (nutpie): compiled once a process, sampled in threads with the GIL released."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
import pymc as pm
from pymc.initial_point import make_initial_point_fn

from sbc.engines import _model
from sbc.engines._at_truth import AtTruth
from sbc.engines._compared import agrees, tell
from sbc.engines._fast import fast
from sbc.engines._hoist import Hoisted
from sbc.engines._numba import expand_callback, logp_callback, pointer_table
from sbc.engines._nutpie import lib, make_functions, prepare_dims_and_coords
from sbc.plugins.data import Array, Data, Truth, is_density
from sbc.plugins.engine import Budget, Draws, engine
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator


@dataclass(frozen=True)
class Compiled(AtTruth):
    """An estimator compiled for data of given group-level shapes; `fit` is thread-safe."""

    model: pm.Model
    constants: Callable[[], Data] | None  # what depends on the data that the model holds
    quantities: tuple[str, ...]
    frozen: dict[str, int]  # lengths that are part of the machine code
    shared: list[list[Any]]  # the shared variables that the two callbacks read
    callbacks: list[Any]  # logp and expand
    names: list[str]
    shapes: list[tuple[int, ...]]
    n_dim: int
    n_expanded: int
    start: Callable[[int], Array]  # reads the data that the model holds at the time
    variables: Any
    dim_sizes: dict[str, int]
    coords: dict[str, Any]
    unconstrain: Callable[[Truth, Data], Array]
    lock: Lock = field(default_factory=Lock)

    def accepts(self, data: Data) -> bool:
        """Say whether data of these lengths can be swapped in."""
        return all(len(data[name]) == length for name, length in self.frozen.items())

    def fit(self, data: Data, budget: Budget, seed: int) -> Draws:
        """Sample the posterior of one dataset.

        Raises
        ------
        RuntimeError
            If the sampler cannot start or stops with an error.
        """
        began = time.perf_counter()
        settings = lib.PyNutsSettings.Diag(seed)
        settings.update(
            {
                "num_tune": budget.tune,
                "num_draws": budget.draws,
                "num_chains": budget.chains,
                "target_accept": budget.target_accept,
            }
        )
        sampler = lib.PySampler.from_pymc(
            settings,
            1,
            self._bind(data),
            lib.ProgressType.none(),
            None,
            100,
            lib.PyStorage.arrow(),
        )
        sampler.wait(None)
        batches, stats = sampler.take_results().get_arrow_trace()
        values = {name: _read(batches, name, budget) for name in self.quantities}
        diverging = [s.column("diverging").to_numpy()[budget.tune :].sum() for s in stats]
        steps = [s.column("n_steps").to_numpy().sum() for s in stats]
        seconds = time.perf_counter() - began
        return Draws(values, int(sum(diverging)), int(sum(steps)), seconds)

    def densities(self, truth: Truth, data: Data) -> dict[str, float]:
        """Evaluate by the very code that evaluates them at draws."""
        names = [name for name in self.names if is_density(name)]
        if not _model.is_complete(self.model, truth):
            return dict.fromkeys(names, np.nan)
        with self.lock:
            point = self.unconstrain(truth, data)
            if self.constants is not None:
                _model.set_data(self.model, data)
            constants = self._constants()
        out = np.empty(self.n_expanded)
        _arrays, tables = self._tables(data, constants)  # the tables hold the arrays' addresses
        pointer = ctypes.POINTER(ctypes.c_double)
        self.callbacks[1].ctypes(
            self.n_dim,
            self.n_expanded,
            point.ctypes.data_as(pointer),
            out.ctypes.data_as(pointer),
            tables[1].ctypes.data_as(ctypes.POINTER(ctypes.c_uint64)),
        )
        return {name: float(out[self._position(name)]) for name in names}

    def _position(self, name: str) -> int:
        before = self.shapes[: self.names.index(name)]
        return int(sum(np.prod(shape, dtype=int) for shape in before))

    def _tables(self, data: Data, constants: Data) -> tuple[list[Array], list[Array]]:
        arrays = []
        tables = []
        for variables in self.shared:
            mine = []
            for variable in variables:
                argument = _model.argument_of(variable.name or "")
                value = constants.get(variable.name, data.get(argument))
                value = variable.get_value(borrow=True) if value is None else value
                mine.append(np.require(value, dtype=variable.type.dtype, requirements=["C", "A"]))
            arrays += mine
            tables.append(pointer_table(mine))
        return arrays, tables

    def _bind(self, data: Data) -> Any:
        start, constants = self._given(data)
        arrays, tables = self._tables(data, constants)
        keep_alive = (self, arrays, tables)
        logp, expand = (callback.address for callback in self.callbacks)

        def initial_point(seed: int | None) -> Array:
            rng = np.random.default_rng(seed)
            return start + rng.uniform(-1, 1, size=self.n_dim)

        return lib.PyMcModel(
            lib.LogpFunc(logp, tables[0].ctypes.data, keep_alive),
            lib.ExpandFunc(self.n_dim, self.n_expanded, expand, tables[1].ctypes.data, keep_alive),
            self.variables,
            self.n_dim,
            self.dim_sizes,
            self.coords,
            initial_point,
            None,
        )

    def _given(self, data: Data) -> tuple[Array, Data]:
        """Give the point to start near, and terms that depend on the data alone."""
        with self.lock:
            _model.set_data(self.model, data)
            return self.start(0), self._constants()

    def _constants(self) -> Data:
        """Give the terms that depend on the data alone, given those that the model holds."""
        return {} if self.constants is None else self.constants()


@engine(backend="threading")
def nutpie(estimator: Estimator, generator: Generator, data: Data) -> Compiled:
    """NUTS in Rust, compiled once and kept on disk: the fastest; 20 ms a fit of the examples.

    Log density, gradient and the ranked quantities are compiled; slow only the first time ever.
    """
    model = _model.build(estimator, generator, data)
    _model.refuse_discrete(estimator, model, "gradients")
    quantities = _model.wanted(estimator, model)
    constants, made = _functions(estimator.name, model, quantities)
    n_dim, n_expanded, logp, expand, start, shape_info, reparameterized = made
    names, _, shapes = shape_info
    dims, coords = prepare_dims_and_coords(model, shape_info, reparameterized)
    dim_sizes = {name: len(values) for name, values in coords.items()}
    return Compiled(
        model=model,
        constants=constants,
        quantities=quantities,
        frozen=_model.frozen_lengths(model, generator, data),
        shared=[logp.get_shared(), expand.get_shared()],
        callbacks=[logp_callback(logp, n_dim), expand_callback(expand, n_dim, n_expanded)],
        names=names,
        shapes=[tuple(shape) for shape in shapes],
        n_dim=n_dim,
        n_expanded=n_expanded,
        start=start,
        variables=lib.PyVariable.new_variables(
            names, ["float64"] * len(names), shapes, dim_sizes, dims
        ),
        dim_sizes=dim_sizes,
        coords=coords,
        unconstrain=_model.unconstrain(model),
    )


def _functions(name: str, model: pm.Model, quantities: tuple[str, ...]) -> tuple[Any, Any]:
    """Make what is sampled, and what gives it its constants: fast, or PyMC's own if it differs."""
    initial_point = make_initial_point_fn(model=model, jitter_rvs=set(), return_transformed=True)
    how = {"compute_grad": True, "join_expanded": True, "pymc_initial_point_fn": initial_point}
    hoisted = Hoisted(model, quantities)
    made = make_functions(hoisted, mode=fast(), var_names=quantities, **how)
    _, _, logp, expand, start, (names, *_), _ = made
    if agrees(model, (logp, expand), names, start(0), hoisted.terms):
        return hoisted.arrays if hoisted.terms else None, made
    tell(name)
    return None, make_functions(model, mode="NUMBA", var_names=quantities, **how)


def _read(batches: list[Any], name: str, budget: Budget) -> Array:
    chains = []
    for batch in batches:
        column = batch.column(name)
        chains.append(_flat(column).reshape(len(column), -1))
    values = np.stack(chains)[:, budget.tune :]
    return values[..., 0] if values.shape[2] == 1 else values


def _flat(column: Any) -> Array:
    """Read the numbers of a column, one an entry or, for a vector, a list of them."""
    try:
        return np.asarray(column, dtype=float)
    except NotImplementedError:  # of lists, which nutpie's own arrays cannot give to NumPy
        import pyarrow

        return np.asarray(pyarrow.array(column).flatten(), dtype=float)
