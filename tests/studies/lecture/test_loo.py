import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import expit

from sbc.studies.lecture.loo import binomial_log_likelihood, chain_error, integrated, left_out, loo


def test_the_binomial_density_is_scipys():
    p, n, k = np.array([0.1, 0.5, 0.9]), np.array([10, 25, 35]), np.array([0, 25, 30])
    expected = stats.binom.logpmf(k, n, p)
    np.testing.assert_allclose(binomial_log_likelihood(p, n, k), expected)


def test_certainty_is_no_nan():
    assert binomial_log_likelihood(np.array([1.0, 0.0]), 10, np.array([10, 0])).tolist() == [0, 0]


@pytest.fixture(scope="module")
def normal():
    """y_i ~ Normal(theta, 1), flat prior: posterior Normal(ȳ, 1/n), left-out y_i in closed form."""
    rng = np.random.default_rng(1)
    y = rng.normal(size=30)
    theta = rng.normal(y.mean(), 1 / np.sqrt(y.size), size=(4, 2000, 1))
    return y, stats.norm.logpdf(y, theta, 1)


def test_scores_are_those_of_leaving_one_out(normal):
    y, log_likelihood = normal
    n = y.size
    others = (y.sum() - y) / (n - 1)
    exact = stats.norm.logpdf(y, others, np.sqrt(1 + 1 / (n - 1)))
    found = loo(log_likelihood)
    np.testing.assert_allclose(found.elpd_i, exact, atol=0.02)
    assert found.elpd == pytest.approx(exact.sum(), abs=0.1)
    assert found.se == pytest.approx(np.sqrt(n * exact.var()), rel=0.02)
    lppd = stats.norm.logpdf(y, y.mean(), np.sqrt(1 + 1 / n)).sum()
    assert found.p == pytest.approx(lppd - exact.sum(), abs=0.1)
    assert found.bad == 0


def test_an_observation_alone_with_its_parameter_is_counted(normal):
    """Each y_i with a free theta_i and a wide prior: weights too heavy to be smoothed."""
    rng = np.random.default_rng(2)
    y = rng.normal(size=20)
    theta = rng.normal(y, 1, size=(4, 500, 20))
    assert loo(stats.norm.logpdf(y, theta, 1)).bad > 0


@pytest.mark.parametrize("sigma", [0.05, 1.0, 5.0])
def test_alpha_is_integrated_as_by_quadrature(sigma):
    data = {"D": np.array([10, 35, 10]), "S": np.array([3, 35, 0])}
    found = integrated(np.array([[0.7]]), np.array([[sigma]]), data)[0, 0]
    for value, n, k in zip(found, data["D"], data["S"], strict=True):
        exact, error = integrate.quad(
            lambda a, n=n, k=k: stats.binom.pmf(k, n, expit(a)) * stats.norm.pdf(a, 0.7, sigma),
            0.7 - 9 * sigma,
            0.7 + 9 * sigma,
            epsabs=0,
            epsrel=1e-10,
            limit=200,
        )
        assert value == pytest.approx(np.log(exact), abs=1e-7 + 10 * error)


def test_a_population_of_no_spread_is_one_alpha():
    data = {"D": np.array([35, 10]), "S": np.array([20, 10])}
    found = integrated(np.array([[0.7]]), np.array([[1e-6]]), data)[0, 0]
    np.testing.assert_allclose(
        found, stats.binom.logpmf(data["S"], data["D"], expit(0.7)), atol=0.05
    )


def test_leaving_a_tank_out_is_what_integrated_scores_do():
    """alpha_bar and sigma known: nothing is learnt from others, the score is the integral."""
    rng = np.random.default_rng(3)
    data = {"D": np.full(20, 25), "S": rng.binomial(25, 0.6, size=20)}
    known = np.zeros((2, 300)), np.ones((2, 300))
    marginal = integrated(*known, data)
    jitter = 1e-6 * rng.normal(size=(2, 300, 1))  # weights that are all the same have no tail
    given = np.broadcast_to(marginal + 0.5, marginal.shape)
    found = left_out(marginal + jitter, given)
    np.testing.assert_allclose(found.elpd_i, marginal[0, 0], atol=1e-5)
    assert found.p == pytest.approx(20 * 0.5, abs=1e-3)


def test_the_error_of_a_score_is_that_of_its_chains(normal):
    _, log_likelihood = normal
    elpd, p = chain_error(lambda some: loo(log_likelihood[some]), 4)
    each = [loo(chain[None]).elpd for chain in log_likelihood]
    assert elpd == pytest.approx(np.std(each, ddof=1) / 2)
    assert 0 < elpd < 0.1
    assert 0 < p < 0.1
