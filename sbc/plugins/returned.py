"""What a function of data may return: estimates or draws, by the parameters' names."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sbc.plugins.data import Array
from sbc.plugins.engine import Draws
from sbc.plugins.errors import unknown
from sbc.plugins.estimates import Estimated, Estimates

#: Said of whatever else comes back.
ALLOWED = (
    "a function gives, by parameter, (estimate, se), (estimate, low, high), sbc.Estimated, or "
    "draws of shape (draws,) or (chains, draws); or sbc.Draws, or a fit of statsmodels"
)
#: A chain of fewer draws is a mistake: an estimate and its error in a list, or chains and draws the
#: other way round.
FEWEST_DRAWS = 20


def is_result(returned: Any) -> bool:
    """Say whether something is what a function of data may return, whatever it holds."""
    return isinstance(returned, Mapping | Draws) or _is_fitted(returned)


def is_estimates(returned: Any) -> bool:
    """Say whether what a function has returned holds no draws."""
    if isinstance(returned, Mapping):
        return any(map(_is_estimate, returned.values()))
    return _is_fitted(returned)


def named(returned: Any) -> list[str]:
    """Name what a function has returned something about.

    Raises
    ------
    TypeError
        If it is none of what is allowed, or empty.
    RuntimeError
        If it is a fit of statsmodels that says that it has not converged.
    """
    if not is_result(returned):
        raise TypeError(f"it gives {type(returned).__name__}; {ALLOWED}")
    by_name = returned.values if isinstance(returned, Draws) else returned
    names = list(_of_fitted(returned) if _is_fitted(returned) else map(str, by_name))
    if not names:
        raise TypeError(f"it gives nothing by any name; {ALLOWED}")
    return names


def read(returned: Any, wanted: Mapping[str, int]) -> Estimates | Draws:
    """Take what is wanted of what a function has returned.

    Parameters
    ----------
    returned : mapping, Draws or fit of statsmodels
        As `ALLOWED` has it.
    wanted : mapping of str to int
        The parameters that are estimated, to the number of their own dimensions: 0 of a number, 1
        of a vector.

    Returns
    -------
    Estimates or Draws
        Draws as an engine gives them, of shape (chains, draws, ...).

    Raises
    ------
    TypeError, ValueError, UserError
        In one line, naming what is allowed.
    """
    there = named(returned)
    for name in wanted:
        if name not in there:
            raise unknown("parameter", name, there, "in what the function gives")
    if isinstance(returned, Draws):
        return _drawn(returned, wanted)
    if _is_fitted(returned):
        found = _of_fitted(returned)
        return Estimates({name: found[name] for name in wanted})
    estimates = {n: _estimated(n, returned[n]) for n in wanted if _is_estimate(returned[n])}
    if not estimates:
        return _drawn(Draws({name: returned[name] for name in wanted}), wanted)
    if rest := [name for name in wanted if name not in estimates]:
        raise TypeError(
            f"'{next(iter(estimates))}' is an estimate and '{rest[0]}' is not; {ALLOWED}"
        )
    return Estimates(estimates)


def _is_estimate(value: Any) -> bool:
    return isinstance(value, Estimated | tuple)


def _estimated(name: str, value: Any) -> Estimated:
    try:
        if isinstance(value, Estimated):
            return value
        if len(value) == 2:
            return Estimated(value[0], se=value[1])
        if len(value) == 3:
            return Estimated(value[0], low=value[1], high=value[2])
    except ValueError as problem:
        raise ValueError(f"'{name}': {problem}") from None
    raise TypeError(f"'{name}' is a tuple of {len(value)}; {ALLOWED}")


def _drawn(draws: Draws, wanted: Mapping[str, int]) -> Draws:
    """Shape draws as an engine gives them; those without chains are independent."""
    arrays = {name: _array(name, draws.values[name]) for name in wanted}
    ahead = {name: array.ndim - wanted[name] for name, array in arrays.items()}
    for name, dims in ahead.items():
        if dims not in (1, 2):
            raise ValueError(
                f"the draws of '{name}' have shape {arrays[name].shape}, not "
                f"{_shapes('(draws', wanted[name])} or {_shapes('(chains, draws', wanted[name])}"
            )
    shapes = {name: array.shape[: ahead[name]] for name, array in arrays.items()}
    if len(set(shapes.values())) > 1:
        told = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"all parameters have as many chains and draws, not {told}")
    name, shape = next(iter(shapes.items()))
    if 0 in shape or shape[-1] < FEWEST_DRAWS:
        raise ValueError(
            f"the draws of '{name}' have shape {arrays[name].shape}: a chain has at least "
            f"{FEWEST_DRAWS} draws, the shape is (draws,) or (chains, draws), and an estimate with "
            "its standard error is a tuple, (estimate, se)"
        )
    draws = replace(draws, divergences=_count(draws.divergences))
    if 1 not in ahead.values():
        return replace(draws, values=arrays)
    return replace(draws, values={n: a[np.newaxis] for n, a in arrays.items()}, independent=True)


def _count(divergences: Any) -> int:
    """Give the number of divergences as Python's integer, which a database can hold."""
    try:
        count = operator.index(divergences)
    except TypeError:
        count = -1
    if count < 0:
        raise TypeError(f"'divergences' is how many draws diverged, not {divergences!r:.60}")
    return count


def _array(name: str, values: Any) -> Array:
    try:
        array = np.asarray(values)
    except ValueError:  # rows of different lengths
        array = np.array(None)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"'{name}' holds {type(values).__name__}; {ALLOWED}")
    return array.astype(int) if array.dtype.kind == "b" else array


def _shapes(ahead: str, more: int) -> str:
    return ahead + ", size" * more + (",)" if ahead == "(draws" and not more else ")")


def _is_fitted(thing: Any) -> bool:
    """Say whether something is a fit as statsmodels gives them, without importing that."""
    return all(hasattr(thing, name) for name in ("params", "bse", "conf_int"))


def _of_fitted(fitted: Any) -> dict[str, Estimated]:
    """Take estimates, errors and 95 % intervals of a fit of statsmodels by their names.

    Raises
    ------
    RuntimeError
        If the fit says that it has not converged.
    TypeError
        If it has several equations.
    """
    told = getattr(fitted, "mle_retvals", None) or {}
    if not told.get("converged", getattr(fitted, "converged", True)):
        raise RuntimeError("the fit has not converged")
    params, errors = fitted.params, np.asarray(fitted.bse, dtype=float)
    if errors.ndim != 1:
        raise TypeError(f"its fit has a table of estimates, {errors.shape}: give them by name")
    ends = np.asarray(fitted.conf_int(alpha=0.05), dtype=float)
    df = float(fitted.df_resid) if getattr(fitted, "use_t", False) else np.inf
    names = _names(fitted, params)
    estimates = np.asarray(params, dtype=float)
    return {
        str(name): Estimated(estimates[i], errors[i], ends[i, 0], ends[i, 1], df=df)
        for i, name in enumerate(names)
        if np.isfinite([estimates[i], errors[i], *ends[i]]).all() and errors[i] > 0
    }


def _names(fitted: Any, params: Any) -> Sequence[str]:
    if hasattr(params, "index"):
        return list(params.index)
    return list(fitted.model.exog_names)[: len(params)]
