"""A run of simuk, exported as it exports and imported, beside the same draws ranked by sbc."""

import warnings

import numpy as np
import pandas as pd
import pytest

import sbc
from sbc.gates.config import Config
from sbc.gates.gate import judge_run

#: As many as sbc keeps of a fit, so that both rank in all of them.
DRAWS = 127


def simulated(datasets, sd):
    """Run simuk on one mean, known up to Normal(0, 1); its fits claim another sd than 1."""
    import pymc as pm
    import simuk

    def observed(mu, seed):
        return {"y": np.random.default_rng(seed).normal(mu, 1, 5)}

    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1)
        pm.Normal("y", mu, sd, observed=np.zeros(5))
    how = {"draws": DRAWS, "tune": 300, "chains": 1, "cores": 1}
    more = {"sample_kwargs": how, "simulator": observed, "seed": 1, "progress_bar": False}
    made = simuk.SBC(model, num_simulations=datasets, **more)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyMC's, of one chain; simuk's, of the simulator
        made.run_simulations()
    return made


def verdict(run):
    return judge_run(run, Config(delta=0.14)).verdicts[0]


@pytest.mark.slow
@pytest.mark.parametrize(("sd", "outcome", "datasets"), [(1.0, "pass", 90), (0.4, "fail", 40)])
def test_ranks_and_verdict_are_those_of_the_same_draws(sd, outcome, datasets, tmp_path):
    pytest.importorskip("simuk")
    made = simulated(datasets, sd)
    made.simulations.to_netcdf(tmp_path / "simuk.nc", engine="h5netcdf")
    how = {"name": "mean", "seed": 7}
    theirs = sbc.import_results(tmp_path / "simuk.nc", tmp_path / "one", draws=DRAWS, **how)

    draws = np.stack([posterior["mu"].to_numpy() for posterior in made.posteriors])
    truths = made.ref_params["mu"].to_numpy()
    ours = sbc.import_results({"mu": draws, "truth_mu": truths}, tmp_path / "two", **how)

    columns = ["dataset", "estimator", "quantity", "rank", "size", "pit"]
    pd.testing.assert_frame_equal(theirs.results[columns], ours.results[columns])
    assert (draws < truths[:, None]).sum(axis=1).tolist() == theirs.results["rank"].tolist()
    one, two = verdict(theirs), verdict(ours)
    assert one.outcome == two.outcome == outcome
    assert one.n == two.n
