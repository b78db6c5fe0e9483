"""The Python interface, what judges: `sbc.gate`, `sbc.check`, `sbc.power`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from sbc.fitting.handed import Named
from sbc.studies.spoken import compared, gated

if TYPE_CHECKING:
    from sbc.gates.gate import Gate
    from sbc.store.frames import Run
    from sbc.studies.checked import Checked
    from sbc.studies.in_advance import ErrorsNeed
    from sbc.studies.power import GatePower

#: What may be expected, as `sbc.gate` takes it.
Expected = Mapping[str, Any] | Iterable[str] | str


def gate(
    estimator: Named | Iterable[Named] | Mapping[str, Named] | None = None,
    generator: Named | None = None,
    *,
    simulator: Named | None = None,
    name: str = "model",
    truth: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    estimands: Iterable[str] | None = None,
    quantity: Named | Iterable[Named] | Mapping[str, Named] | None = None,
    engine: str | Iterable[str] | None = None,
    seed: int | None = None,
    draws: int | None = None,
    tune: int | None = None,
    chains: int | None = None,
    target_accept: float | None = None,
    data: str | Path | None = None,
    out: str | Path | None = None,
    resume: str | Path | None = None,
    overwrite: bool = False,
    reuse: bool = False,
    allow_versions: bool = False,
    jobs: int | None = None,
    isolate: bool = False,
    fit_timeout: float | None = None,
    cluster: str | None = None,
    max_time: float | str | None = None,
    progress: bool = True,
    config: str | Path | None = None,
    expect: Expected | None = None,
    preset: str | None = None,
    delta: float | None = None,
    max_datasets: int | None = None,
    alpha_fail: float | None = None,
    alpha_pass: float | None = None,
    baseline: Run | str | Path | None = None,
    tolerance: float | None = None,
    json: str | Path | None = None,
    junit: str | Path | None = None,
    markdown: str | Path | None = None,
) -> Gate:
    """Run until it is known whether estimators are as expected, as ``sbc gate --run`` does.

    Parameters
    ----------
    estimator, generator, simulator, name, truth, parameters, estimands, quantity, engine
        What is fitted, as for `sbc.run`.
    seed, draws, tune, chains, target_accept, data
        The same.
    out, resume, overwrite, reuse, allow_versions, jobs, isolate, fit_timeout, cluster
        The same.
    max_time, progress
        The same.
    config : str or Path
        What is expected, in TOML.
    expect : mapping, str or several
        What is expected besides: ``{"mundlak:beta_XY": "calibrated"}``, ``{"mu": {"bias": 0.1}}``
        of a single estimator, or as ``"mundlak:beta_XY=calibrated"``. Without this and `config`,
        uniform ranks, where truth and data come from the estimator's own joint distribution.
    preset : {"smoke", "pr", "nightly"}
        Tolerance and datasets; by default those of ``"pr"``.
    delta : float
        Tolerance of mean ranks, in (0, 0.5).
    max_datasets : int
        Datasets after which what is not decided is inconclusive.
    alpha_fail, alpha_pass : float
        Chances to fail and to pass by mistake, in (0, 1); by default 0.001 and 0.05.
    baseline : run or its folder
        An earlier run of the same datasets: have the estimates moved? Alone, nothing else is asked.
    tolerance : float
        By how much they may have, in posterior sds; by default 0.1.
    json, junit, markdown : str or Path
        Files that the verdicts are written to.

    Returns
    -------
    sbc.gates.gate.Gate
        Its `outcome` is ``"pass"``, ``"fail"``, ``"failed fits"`` or ``"inconclusive"``; its
        `folder` is that of the run, for `sbc.load`.

    Raises
    ------
    sbc.plugins.errors.UserError
        For what cannot be, or where nothing is expected.
    """
    return gated(dict(locals()))


def check(
    estimator: Named | Iterable[Named] | Mapping[str, Named] | None = None,
    generator: Named | None = None,
    *,
    simulator: Named | None = None,
    name: str = "model",
    truth: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    seed: int | None = None,
    datasets: int | None = None,
    alpha_fail: float | None = None,
) -> Checked:
    """Compare what a generator and a model draw, before any fit, as ``sbc check`` does.

    Parameters
    ----------
    estimator, generator, simulator, name, truth, parameters, seed
        As for `sbc.run`.
    datasets : int
        Datasets to look at; by default 1000.
    alpha_fail : float
        Chance to fail by mistake, in (0, 1); by default 0.001.

    Returns
    -------
    sbc.studies.checked.Checked
        Its `outcome` is ``"pass"``, ``"fail"`` or ``"inconclusive"``.

    Raises
    ------
    sbc.plugins.errors.UserError
        For what cannot be, or an estimator that states no model.
    """
    return compared(dict(locals()))


@overload
def power(
    bias: float = 0.0,
    sd: float = 1.0,
    *,
    level: float = 0.8,
    preset: str | None = None,
    delta: float | None = None,
    max_datasets: int | None = None,
    alpha_fail: float | None = None,
    alpha_pass: float | None = None,
    streams: int = 1,
    studies: int = 400,
    seed: int = 0,
    precision: None = None,
    empirical_se: None = None,
    pilot: None = None,
) -> GatePower: ...


@overload
def power(
    bias: float = 0.0,
    sd: float = 1.0,
    *,
    level: float = 0.8,
    preset: str | None = None,
    delta: float | None = None,
    max_datasets: int | None = None,
    alpha_fail: float | None = None,
    alpha_pass: float | None = None,
    streams: int = 1,
    studies: int = 400,
    seed: int = 0,
    precision: Mapping[str, float],
    empirical_se: float | None = None,
    pilot: Run | str | Path | None = None,
) -> ErrorsNeed: ...


def power(
    bias: float = 0.0,
    sd: float = 1.0,
    *,
    level: float = 0.8,
    preset: str | None = None,
    delta: float | None = None,
    max_datasets: int | None = None,
    alpha_fail: float | None = None,
    alpha_pass: float | None = None,
    streams: int = 1,
    studies: int = 400,
    seed: int = 0,
    precision: Mapping[str, float] | None = None,
    empirical_se: float | None = None,
    pilot: Run | str | Path | None = None,
) -> GatePower | ErrorsNeed:
    """Say how many datasets a gate needs to see a fault, as ``sbc power`` does.

    Parameters
    ----------
    bias : float
        The fault's bias, in true posterior sds.
    sd : float
        Reported over true posterior sd, above 0.
    level : float
        Chance to fail, in (0, 1).
    preset, delta, max_datasets, alpha_fail, alpha_pass
        The gate, as for `sbc.gate`.
    streams : int
        Quantities judged together, at least 1.
    studies : int
        Simulated studies, at least 2.
    seed : int
        Of the simulation.
    precision : mapping of str to float
        Instead: how many datasets make Monte Carlo errors as small,
        ``{"bias": 0.01, "coverage_95": 0.007}``.
    empirical_se : float
        With `precision`: the spread of estimates that is expected, in the unit of the estimand.
    pilot : run or its folder
        With `precision`: a small run that tells what theory does not.

    Returns
    -------
    sbc.studies.power.GatePower or sbc.studies.in_advance.ErrorsNeed
        Shares of pass, fail and inconclusive, and the datasets needed; or the datasets that
        errors take.

    Raises
    ------
    sbc.plugins.errors.UserError
        For numbers out of their range, or a preset that there is not.
    """
    from sbc.studies.power import asked

    return asked(dict(locals()))
