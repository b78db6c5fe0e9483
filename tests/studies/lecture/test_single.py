import numpy as np
import pytest
from lectures import posterior

from sbc.studies.lecture import single
from sbc.studies.lecture.confound_data import lecture_data


def test_what_is_kept_is_read_again(tmp_path, tanks):
    made = posterior("tanks_fixed_sigma@sigma=0.5", "tanks", tanks)
    single.save(made, tmp_path)
    assert [file.suffix for file in tmp_path.iterdir()] == [".npz"]
    read = single.load(tmp_path, made.estimator)
    assert (read.estimator, read.rhat, read.divergences) == (made.estimator, made.rhat, 0)
    np.testing.assert_array_equal(read.draws["alpha_bar"], made.draws["alpha_bar"])
    for part, values in made.vectors["p_survived"].items():
        np.testing.assert_array_equal(read.vectors["p_survived"][part], values)
    assert read.scores.keys() == {"psis", "integrated"}
    for way, kept in made.scores.items():
        found = read.scores[way]
        np.testing.assert_array_equal(found.loo.elpd_i, kept.loo.elpd_i)
        assert (found.loo.p, found.loo.good_k) == (kept.loo.p, kept.loo.good_k)
        assert (found.elpd_mcse, found.p_mcse) == (kept.elpd_mcse, kept.p_mcse)


def test_what_has_no_tanks_has_no_scores(tmp_path):
    made = posterior("naive", "confound", lecture_data())
    single.save(made, tmp_path)
    read = single.load(tmp_path, "naive")
    assert read.scores == {}
    assert read.draws.keys() == {"beta_XY", "beta_ZY"}


def test_two_sigmas_are_two_files(tmp_path):
    names = {single.file_of(tmp_path, f"tanks_fixed_sigma@sigma={s}") for s in ("0.1", "0.3579")}
    assert len(names) == 2


def test_intervals_of_a_vector_are_quantiles(tanks):
    made = posterior("tanks_multilevel", "tanks", tanks)
    rng = np.random.default_rng(0)
    rng.normal(1, 0.2, size=(2, 200))
    draws = rng.beta(8, 4, size=(2, 200, 48)).reshape(400, 48)
    told = made.vectors["p_survived"]
    np.testing.assert_allclose(told["mean"], draws.mean(axis=0))
    np.testing.assert_allclose(told["low"], np.quantile(draws, 0.055, axis=0))
    np.testing.assert_allclose(told["high"], np.quantile(draws, 0.945, axis=0))


def test_likelihoods_go_by_tank_and_sigma_by_name():
    """With sigma given, 0.5, alpha_bar = 0 and one tadpole: half of them survive."""
    draws = {"p_survived": np.array([[[0.2, 0.6]]]), "alpha_bar": np.zeros((1, 1))}
    data = {"tank": np.array([1, 0]), "D": np.array([1, 1]), "S": np.array([1, 1])}
    given, marginal = single.tank_log_likelihoods("tanks_fixed_sigma@sigma=0.5", draws, data)
    assert given.ravel() == pytest.approx(np.log([0.6, 0.2]))
    assert marginal.ravel() == pytest.approx(np.log([0.5, 0.5]))


def test_a_fit_to_the_lecture_s_data_is_the_same_each_time():
    first, second = (single.sample("naive", "confound", lecture_data(), 1) for _ in range(2))
    np.testing.assert_array_equal(first.draws["beta_XY"], second.draws["beta_XY"])
    assert first.rhat < 1.01
    assert first.ess > 400
    other = single.sample("naive", "confound", lecture_data(), 2)
    assert not np.array_equal(first.draws["beta_XY"], other.draws["beta_XY"])
    error = first.draws["beta_XY"].std() / np.sqrt(first.ess / 2)
    assert abs(first.draws["beta_XY"].mean() - other.draws["beta_XY"].mean()) < 6 * error
