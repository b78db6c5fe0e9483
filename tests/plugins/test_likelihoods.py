import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sbc.plugins.likelihoods import BernoulliLogit, BinomialLogit, OrderedLogit

MODES = ["NUMBA", "FAST_COMPILE"]


def functions(likelihood, mode):
    """Compile log likelihood and gradient in eta, of ours and of PyMC's own."""
    eta, y, n = pt.dvector("eta"), pt.lvector("y"), pt.lvector("n")
    with pm.Model():
        if likelihood == "bernoulli":
            ours = pm.logp(BernoulliLogit("Y", eta, observed=np.zeros(1, int)), y)
            theirs = pm.logp(pm.Bernoulli.dist(logit_p=eta), y).sum()
        else:
            ours = pm.logp(BinomialLogit("Y", n, eta, observed=np.zeros(1, int)), y)
            theirs = pm.logp(pm.Binomial.dist(n=n, logit_p=eta), y).sum()
    outputs = [v for logp in (ours.sum(), theirs) for v in (logp, pt.grad(logp, eta))]
    return pytensor.function([eta, y, n], outputs, mode=mode, on_unused_input="ignore")


COMPILED = {
    (kind, mode): functions(kind, mode) for kind in ("bernoulli", "binomial") for mode in MODES
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["bernoulli", "binomial"])
@pytest.mark.parametrize("rows", [1, 2, 499, 500, 501, 1203])
def test_equals_pymc_s_own(kind, mode, rows):
    rng = np.random.default_rng(rows)
    eta = rng.normal(0, 3, size=rows)
    n = np.ones(rows, int) if kind == "bernoulli" else rng.integers(0, 40, size=rows)
    y = rng.binomial(n, 0.3)
    ours, ours_gradient, theirs, their_gradient = COMPILED[kind, mode](eta, y, n)
    np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-10)
    np.testing.assert_allclose(ours_gradient, their_gradient, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["bernoulli", "binomial"])
def test_no_rows_have_log_likelihood_zero(kind, mode):
    total, gradient, _, _ = COMPILED[kind, mode](np.empty(0), np.empty(0, int), np.empty(0, int))
    assert total == 0
    assert gradient.shape == (0,)


@pytest.mark.parametrize("mode", MODES)
def test_extreme_log_odds_by_hand(mode):
    # log p(1 | 800) = 0, log p(1 | -800) = -800, log p(0 | 800) = -800, log p(0 | -800) = 0
    eta, y = np.array([800.0, -800.0, 800.0, -800.0]), np.array([1, 1, 0, 0])
    total, gradient, _, _ = COMPILED["bernoulli", mode](eta, y, np.ones(4, int))
    assert total == -1600
    np.testing.assert_allclose(gradient, [0, 1, -1, 0], atol=1e-300)


@pytest.mark.parametrize("mode", MODES)
def test_nan_log_odds_give_nan(mode):
    eta = pt.dvector()
    with pm.Model():
        logp = pm.logp(BernoulliLogit("Y", eta, observed=np.zeros(2, int)), np.array([0, 1])).sum()
    function = pytensor.function([eta], logp, mode=mode)
    assert np.isnan(function(np.array([0, np.nan])))
    assert np.isfinite(function(np.array([0, 1e300])))


@given(
    hnp.arrays(float, 7, elements=st.floats(-30, 30)),
    hnp.arrays(int, 7, elements=st.integers(0, 5)),
)
@settings(max_examples=50, deadline=None)
def test_gradient_is_that_of_finite_differences(eta, y):
    n, f = np.full(7, 5), COMPILED["binomial", "NUMBA"]
    gradient = f(eta, y, n)[1]
    step = 1e-5
    for i in range(7):
        move = np.where(np.arange(7) == i, step, 0)
        slope = (f(eta + move, y, n)[0] - f(eta - move, y, n)[0]) / (2 * step)
        assert slope == pytest.approx(gradient[i], abs=2e-4)


def test_the_same_bits_wherever_the_arrays_lie():
    # Vector code that cannot exclude an overlap takes another way, and adds up in another order,
    # when the memory beside an array is one of its others.
    eta, y = pt.dvector("eta"), pt.lvector("y")
    with pm.Model():
        total = pm.logp(BernoulliLogit("Y", 2 * eta, observed=np.zeros(1, int)), y)
    function = pytensor.function([eta, y], total, mode="NUMBA")
    rng = np.random.default_rng(5)
    for _ in range(10):
        values, outcomes = rng.normal(size=200), rng.integers(0, 2, size=200)
        seen, kept = set(), []
        for gap in range(60):  # new places for all of them each time
            placed = np.empty(200 + gap)[gap:], np.empty(200 + gap, int)[gap:]
            placed[0][:], placed[1][:] = values, outcomes
            kept.append(np.empty(150 + gap))
            seen.add(float(function(*placed)))
        assert len(seen) == 1


def test_prior_predictive_draws_follow_the_law():
    with pm.Model() as model:
        n = np.array([1, 10, 50])
        BinomialLogit("S", n, pt.as_tensor([0.0, 1.0, -2.0]), observed=np.zeros(3, int))
        BernoulliLogit("Y", pt.as_tensor([0.0, 2.0]), observed=np.zeros(2, int))
        tree = pm.sample_prior_predictive(4000, model=model, random_seed=1)
    p = 1 / (1 + np.exp([-0.0, -1.0, 2.0]))
    means = tree["prior_predictive"]["S"].mean(("chain", "draw")).to_numpy()
    errors = np.sqrt(n * p * (1 - p) / 4000)
    assert (np.abs(means - n * p) < 5 * errors).all()
    p = 1 / (1 + np.exp([-0.0, -2.0]))
    means = tree["prior_predictive"]["Y"].mean(("chain", "draw")).to_numpy()
    assert (np.abs(means - p) < 5 * np.sqrt(p * (1 - p) / 4000)).all()


def test_second_derivatives_are_refused_not_wrong():
    eta = pt.dvector()
    with pm.Model():
        logp = pm.logp(BernoulliLogit("Y", eta, observed=np.zeros(2, int)), np.array([0, 1])).sum()
    with pytest.raises(NotImplementedError, match="second derivatives"):
        pt.grad(pt.grad(logp, eta).sum(), eta)


def ordered(mode):
    """Compile the ordered log likelihood and its gradients, ours and PyMC's own."""
    phi, cutpoints, y = pt.dvector("phi"), pt.dvector("cutpoints"), pt.lvector("y")
    with pm.Model():
        ours = pm.logp(OrderedLogit("R", phi, cutpoints, observed=np.zeros(1, int)), y).sum()
        theirs = pm.logp(pm.OrderedLogistic.dist(eta=phi, cutpoints=cutpoints), y).sum()
    outputs = [v for logp in (ours, theirs) for v in (logp, *pt.grad(logp, [phi, cutpoints]))]
    return pytensor.function([phi, cutpoints, y], outputs, mode=mode)


ORDERED = {mode: ordered(mode) for mode in MODES}


@pytest.fixture(params=MODES)
def ordered_logit(request):
    return ORDERED[request.param]


@pytest.mark.parametrize("rows", [1, 7, 1203])
def test_ordered_equals_pymc_s_own(ordered_logit, rows):
    rng = np.random.default_rng(rows)
    phi, cutpoints = rng.normal(0, 2, size=rows), np.sort(rng.normal(0, 2, size=6))
    found = ordered_logit(phi, cutpoints, rng.integers(0, 7, size=rows))
    for ours, theirs in zip(found[:3], found[3:], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)


def test_ordered_answers_far_from_their_cutpoints_by_hand(ordered_logit):
    # log P(R > 0 | phi = -800, c = 0) = -800; log P(R = 0) = -log(1 + exp(phi)) = 0
    total, gradient, _, *_ = ordered_logit(
        np.array([-800.0, -800.0]), np.zeros(1), np.array([1, 0])
    )
    assert total == -800
    np.testing.assert_allclose(gradient, [1, 0], atol=1e-300)
    # Cutpoints 1e-9 apart at 0: P(R = 1) is their distance times the density 1/4.
    total = ordered_logit(np.zeros(1), np.array([0, 1e-9]), np.array([1]))[0]
    assert total == pytest.approx(np.log(1e-9 / 4), abs=1e-8)


@given(hnp.arrays(float, 4, elements=st.floats(0.01, 5)), st.floats(-20, 20))
@settings(max_examples=30, deadline=None)
def test_ordered_probabilities_sum_to_one(gaps, phi):
    cutpoints = np.cumsum(gaps) - 5
    answers = [ORDERED["NUMBA"](np.array([phi]), cutpoints, np.array([k]))[0] for k in range(5)]
    assert np.exp(answers).sum() == pytest.approx(1, abs=1e-12)


def test_ordered_predictive_draws_follow_the_law():
    phi, cutpoints = np.array([0.0, 1.0]), np.array([-1.0, 0.5])
    with pm.Model() as model:
        OrderedLogit("R", pt.as_tensor(phi), pt.as_tensor(cutpoints), observed=np.zeros(2, int))
        tree = pm.sample_prior_predictive(4000, model=model, random_seed=1)
    draws = tree["prior_predictive"]["R"].to_numpy().reshape(4000, 2)
    for k, c in enumerate(cutpoints):
        p = 1 / (1 + np.exp(c - phi))
        errors = np.sqrt(p * (1 - p) / 4000)
        assert (np.abs((draws > k).mean(axis=0) - p) < 5 * errors).all()
