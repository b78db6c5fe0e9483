"""Faults in model, engine and sampler are found by the real gate, and their sound twins pass."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from sbc.fitting import fit as fit_module
from sbc.fitting import loop
from sbc.plugins import registry
from sbc.plugins.data import LOG_LIKELIHOOD
from sbc.plugins.engine import Budget
from sbc.stats.sequential import judge as sequential
from sbc.store.frames import load_run
from sbc.store.settings import Settings

FILE = "tests/files/mutants.py"
WORLD = f"{FILE}:mundlak_world"
BUDGET = Budget(draws=500, tune=200, chains=2, target_accept=0.8)

#: Within how many datasets each fault must be found; measured counts are in docs/proof.md.
WITHIN = {
    "halved_prior": 800,
    "shifted_groups": 100,
    "flipped_Z": 100,
    "dropped_likelihood": 100,
    "wrong_Xbar": 400,
    "shrunk_draws": 3000,
    "cut_short": 400,
}


def verdict(folder, name, max_datasets, delta=0.1, batch=50):
    """Fit and judge as the gate does, stopping as soon as the answer is known."""
    settings = Settings(WORLD, "prior", (f"{FILE}:{name}",), ("nutpie",), batch, 21, BUDGET)
    with loop.create(settings, folder) as store:
        for datasets in range(batch, max_datasets + 1, batch):
            loop.execute(replace(settings, datasets=datasets), store, jobs=2, progress=False)
            found = judge(folder, delta)
            if found.outcome != "inconclusive":
                break
    return found


def judge(folder, delta):
    loaded = load_run(folder)
    wide = loaded.results.pivot(index="dataset", columns="quantity", values="pit")
    wide = wide.reindex(range(len(loaded.fits)))  # failed fits are NaN: a factor of 1
    return sequential.judge({name: wide[name].to_numpy() for name in wide}, delta)


@pytest.mark.slow
def test_the_sound_twin_passes(tmp_path):
    found = verdict(tmp_path / "run", "sound", 400)
    assert found.outcome == "pass"
    assert set(found.streams) == {"beta_XY", "beta_ZY", LOG_LIKELIHOOD}


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in WITHIN if n not in {"shrunk_draws", "cut_short"}])
def test_a_faulty_model_fails(tmp_path, name, record_property):
    found = verdict(tmp_path / "run", name, WITHIN[name])
    record_property("datasets", found.at)
    print(f"{name}: {found.outcome} at {found.at}, blamed {found.blamed}")
    assert found.outcome == "fail"


def test_only_the_log_likelihood_sees_a_dropped_likelihood():
    """By hand: draws from the prior and a truth from the prior are exchangeable."""
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(400, 128))
    y = theta[:, :1] + rng.normal(size=(400, 5))
    loglik = -((y[:, None, :] - theta[:, :, None]) ** 2).sum(axis=2) / 2
    u = {
        name: ((x[:, 1:] < x[:, :1]).sum(axis=1) + rng.uniform(size=400)) / 128
        for name, x in (("theta", theta), ("log_likelihood", loglik))
    }
    assert sequential.judge({"theta": u["theta"]}, delta=0.1).outcome == "pass"
    assert sequential.judge({"both": u["log_likelihood"]}, delta=0.1).outcome == "fail"


@pytest.fixture
def tampered(monkeypatch):
    """Put something between the engine and the harness."""

    def tamper(change):
        genuine = registry.engine("nutpie")

        def compile(estimator, generator, data):
            compiled = genuine.compile(estimator, generator, data)
            return SimpleNamespace(
                accepts=compiled.accepts,
                log_likelihood=compiled.log_likelihood,
                fit=lambda data, budget, seed: change(compiled, data, budget, seed),
            )

        engine = SimpleNamespace(backend="threading", retry_schedule=None, compile=compile)
        monkeypatch.setattr(registry, "engine", lambda name: engine)
        monkeypatch.setattr(fit_module, "_compiled", {})

    return tamper


@pytest.mark.slow
def test_draws_shrunk_by_a_tenth_fail(tmp_path, tampered):
    def shrink(compiled, data, budget, seed):
        draws = compiled.fit(data, budget, seed)
        values = {n: v.mean() + 0.9 * (v - v.mean()) for n, v in draws.values.items()}
        return replace(draws, values=values)

    tampered(shrink)
    # A tenth lies within the usual tolerances: the gate must be told to mind so little.
    found = verdict(tmp_path / "run", "sound", WITHIN["shrunk_draws"], delta=0.01, batch=200)
    print(f"shrunk_draws: {found.outcome} at {found.at}, blamed {found.blamed}")
    assert found.outcome == "fail"


@pytest.mark.slow
def test_a_sampler_stopped_in_its_warm_up_fails(tmp_path, tampered, monkeypatch):
    def cut_short(compiled, data, budget, seed):
        return compiled.fit(data, replace(budget, tune=1, draws=20), seed)

    tampered(cut_short)
    # R-hat and ESS would catch it first; here the ranks must, by themselves.
    monkeypatch.setattr(fit_module, "judge", lambda *_: "ok")
    found = verdict(tmp_path / "run", "sound", WITHIN["cut_short"])
    print(f"cut_short: {found.outcome} at {found.at}, blamed {found.blamed}")
    assert found.outcome == "fail"
