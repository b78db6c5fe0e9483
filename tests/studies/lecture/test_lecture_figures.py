"""What pictures say in numbers, by hand; that they are pictures, the page's tests see."""

import numpy as np
import pytest
from scipy import integrate

from sbc.generators.reedfrogs import real_data
from sbc.report.figures.pictures import styled
from sbc.studies.lecture import confound_figures, graphs, prior_figures
from sbc.studies.lecture.confound_data import lecture_data


def test_the_prior_of_alpha_is_a_density_with_the_moments_that_are_told():
    x = np.linspace(-60, 60, 6001)
    height = prior_figures.density_of_alpha(x)
    moments = [integrate.trapezoid(height * x**power, x) for power in (0, 2, 4)]
    assert moments[0] == pytest.approx(1, abs=1e-4)
    assert moments[1] == pytest.approx(4.25, rel=1e-3)
    assert moments[2] / moments[1] ** 2 == pytest.approx(
        prior_figures.kurtosis_of_alpha(), rel=0.01
    )


def test_kurtosis_of_alpha_is_that_of_draws():
    rng = np.random.default_rng(1)
    alpha = rng.normal(0, 1.5, 2_000_000) + rng.exponential(size=2_000_000) * rng.normal(
        size=2_000_000
    )
    found = (alpha**4).mean() / (alpha**2).mean() ** 2
    assert found == pytest.approx(prior_figures.kurtosis_of_alpha(), rel=0.03)


def test_average_survival_is_the_experiments():
    with styled():
        picture = prior_figures.survival_by_density(real_data())
    assert picture.caption.endswith("(10 tadpoles 0.81; 25 tadpoles 0.67; 35 tadpoles 0.69).")


def test_groups_are_counted():
    with styled():
        picture = confound_figures.group_sizes(lecture_data())
    assert "6.7 on average" in picture.caption


def test_graphs_are_told_in_words_and_every_arrow_has_both_of_its_ends():
    for graph in graphs.GRAPHS:
        assert {name for arrow in graph.arrows for name in arrow} <= graph.nodes.keys()
        assert graph.unseen | graph.fitted <= graph.nodes.keys()
    assert graphs.GRAPHS[0].words() == ("The confound: G→X, G→Y, X→Y, Z→Y (not observed: G)")
