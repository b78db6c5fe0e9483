import numpy as np
from scipy import stats

from sbc.studies.lecture.confound_data import lecture_data


def as_the_lecture_draws_it():
    """On NumPy's global stream, in the notebook's order."""
    np.random.seed(12)  # noqa: NPY002
    group = np.random.choice(np.arange(30), size=200, replace=True)  # noqa: NPY002
    Z = stats.norm.rvs(size=30)
    U = stats.norm(0, 1.5).rvs(size=30)
    X = stats.norm.rvs(U[group])
    eta = -2 + X + U[group] - 0.5 * Z[group]
    Y = stats.bernoulli.rvs(p=1 / (1 + np.exp(-eta)))
    return {"group": group, "X": X, "Z": Z, "Y": Y, "U": U}


def test_it_is_the_lecture_s_dataset_to_the_last_bit():
    state = np.random.get_state()  # noqa: NPY002
    try:
        theirs = as_the_lecture_draws_it()
    finally:
        np.random.set_state(state)  # noqa: NPY002
    ours = lecture_data()
    assert theirs.keys() == ours.keys()
    for name, values in theirs.items():
        np.testing.assert_array_equal(ours[name], values)


def test_drawing_it_leaves_the_global_stream_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    lecture_data()
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_no_group_is_empty_and_outcomes_differ():
    data = lecture_data()
    assert np.unique(data["group"]).size == 30
    assert 0 < data["Y"].mean() < 1
