"""The simulation study behind `relhaz`, a data set of rsimsum: a baseline hazard that is wrong.

Source: A. Gasparini 2018, rsimsum: Summarise results from Monte Carlo simulation studies,
doi:10.21105/joss.00739, and the package's vignette on simulating a simulation study.
"""

import numpy as np

import sbc

#: In years.
DAY, END = 1 / 365.242, 5.0
RATE = 0.5


@sbc.generator(dims={"treated": "rows", "time": "rows", "died": "rows"})
def trial(rng, truth, *, n_rows=50, gamma=1.0):
    """Survival in a trial: proportional hazards, a Weibull baseline, five years.

    treated_i ~ Bernoulli(1/2)
    hazard of i at t = 0.5 gamma t^(gamma - 1) exp(beta treated_i)

    With gamma = 1 the baseline is exponential. A time below a day is a day and a trace of noise, so
    that few are tied.
    """
    treated = rng.binomial(1, 0.5, size=n_rows)
    time = (rng.exponential(size=n_rows) / (RATE * np.exp(truth["beta"] * treated))) ** (1 / gamma)
    noise = rng.normal(0, 1e-4, size=n_rows)
    time = np.where(time < DAY, np.abs(DAY + noise), time)
    return {"treated": treated, "time": np.minimum(time, END), "died": (time < END).astype(int)}


@trial.regime
def fixed(rng):
    """Halve the log hazard, nearly: the effect is -0.5."""
    return {"beta": -0.5}


def cox(treated, time, died):
    """Cox's model, by partial likelihood: any baseline will do."""
    from statsmodels.duration.hazard_regression import PHReg

    fit = PHReg(time, treated[:, None], status=died, ties="efron").fit()
    return {"beta": (fit.params[0], fit.bse[0])}


def exponential(treated, time, died):
    """An exponential model, by hand: deaths by years at risk in each arm. Hazards are constant."""
    deaths = np.bincount(treated, weights=died, minlength=2)
    years = np.bincount(treated, weights=time, minlength=2)
    if not deaths.all():
        raise ValueError("an arm without deaths has no finite estimate")
    rates = np.log(deaths / years)
    return {"beta": (rates[1] - rates[0], np.sqrt((1 / deaths).sum()))}
