"""Ranks and PIT values: by hand, by property, and as judged by a test of uniformity.

Simulated checks allow what binomial error allows, so that sound code fails once in 10⁴ seeds, and
each has a twin with a known fault that must be found.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.special import bdtrik

from sbc.stats import ranks
from sbc.stats.uniformity import uniformity_test

finite = st.floats(-1e6, 1e6)
open_unit = st.floats(0, 1, exclude_min=True, exclude_max=True)

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # busy machines


def most(n, p):
    """Return the count that n trials of chance p exceed once in 10⁴ times."""
    return int(np.ceil(bdtrik(1 - 1e-4, n, p)))


def alarms(studies, level=0.05):
    return sum(uniformity_test(u).p < level for u in studies)


# -- thinning ----------------------------------------------------------------------------------


def test_thin_indices_by_hand():
    # ((k + 1) n) // K − 1: 10/5 = 2 apart; 7, 14, 21 over 3 are 2, 4, 7
    assert ranks.thin_indices(10, 5).tolist() == [1, 3, 5, 7, 9]
    assert ranks.thin_indices(7, 3).tolist() == [1, 3, 6]
    assert ranks.thin_indices(3, 9).tolist() == [0, 1, 2]
    assert ranks.thin_indices(3, 0).tolist() == []
    assert len(ranks.thin_indices(500)) == 127


def test_thinning_by_hand():
    assert [len(kept) for kept in ranks.thinning(4, 500)] == [32, 32, 32, 31]
    assert [kept.tolist() for kept in ranks.thinning(2, 3, 5)] == [[0, 1, 2], [0, 2]]
    assert [kept.tolist() for kept in ranks.thinning(2, 3, 99)] == [[0, 1, 2], [0, 1, 2]]


@relaxed
@given(st.integers(1, 8), st.integers(1, 3000), st.integers(1, 300))
def test_thinning_is_even(n_chains, n_draws, size):
    kept = ranks.thinning(n_chains, n_draws, size)
    sizes = [len(chain) for chain in kept]
    assert len(kept) == n_chains
    assert sum(sizes) == min(size, n_chains * n_draws)
    assert max(sizes) - min(sizes) <= 1
    for chain in kept:
        gaps = np.diff(chain, prepend=-1)
        assert (gaps >= 1).all()
        assert len(chain) == 0 or (chain[-1] == n_draws - 1 and gaps.max() - gaps.min() <= 1)


@pytest.mark.parametrize("call", [(0, 5), (5, -1)])
def test_thin_indices_refuses(call):
    with pytest.raises(ValueError, match="cannot choose"):
        ranks.thin_indices(*call)


@pytest.mark.parametrize("call", [(0, 5, 5), (5, 0, 5), (5, 5, 0)])
def test_thinning_refuses(call):
    with pytest.raises(ValueError, match="cannot choose"):
        ranks.thinning(*call)


# -- ranks -------------------------------------------------------------------------------------


def test_rank_by_hand():
    draws = [3.0, 1.0, 2.0, 1.0, 0.0]
    for truth, expected in [(1, (1, 2)), (-1, (0, 0)), (9, (5, 0)), (2.5, (4, 0)), (3, (4, 1))]:
        r, ties = ranks.rank(draws, truth)
        assert (int(r), int(ties)) == expected


def test_rank_of_infinite_values():
    draws = [-np.inf, 0.0, np.inf]
    assert [int(x) for x in ranks.rank(draws, -np.inf)] == [0, 1]
    assert [int(x) for x in ranks.rank(draws, np.inf)] == [2, 1]


def test_rank_of_many_at_once():
    rng = np.random.default_rng(1)
    draws, truth = rng.integers(0, 5, (3, 4, 20)), rng.integers(0, 5, (3, 4))
    r, ties = ranks.rank(draws, truth)
    assert r.shape == ties.shape == (3, 4)
    for i in np.ndindex(3, 4):
        assert (r[i], ties[i]) == ranks.rank(draws[i], truth[i])


@relaxed
@given(st.lists(finite, min_size=1, max_size=40), finite, st.randoms())
def test_rank_ignores_the_order_of_draws_and_a_change_of_scale(draws, truth, random):
    shuffled = list(draws)
    random.shuffle(shuffled)
    expected = ranks.rank(draws, truth)
    assert ranks.rank(shuffled, truth) == expected
    assert ranks.rank(np.array(draws) * 8, truth * 8) == expected
    r_mirrored, ties = ranks.rank(-np.array(draws), -truth)
    assert (len(draws) - r_mirrored - ties, ties) == expected


@pytest.mark.parametrize("value", [np.nan, -np.nan])
def test_rank_refuses_nan(value):
    with pytest.raises(ValueError, match="truth is NaN"):
        ranks.rank([1.0, 2.0], value)
    with pytest.raises(ValueError, match="NaN among"):
        ranks.rank([1.0, value], 1.0)


@pytest.mark.parametrize("draws", [[], 1.0])
def test_rank_needs_draws(draws):
    with pytest.raises(ValueError, match="no draws"):
        ranks.rank(draws, 1.0)


# -- PIT ---------------------------------------------------------------------------------------


def test_pit_by_hand():
    # one draw below and two equal, of five: the bin reaches from 1/6 to 4/6
    assert ranks.pit(1, 2, 5, 0.5) == pytest.approx(2.5 / 6)
    assert ranks.pit(1, 2, 5, 1e-9) == pytest.approx(1 / 6)
    assert ranks.pit([0, 127], 0, 127, 0.25).tolist() == [0.25 / 128, 127.25 / 128]


@relaxed
@given(st.data(), st.integers(1, 500), open_unit)
def test_pit_stays_in_its_bin(data, L, v):
    r = data.draw(st.integers(0, L))
    ties = data.draw(st.integers(0, L - r))
    u = ranks.pit(r, ties, L, v)
    assert 0 < u < 1
    assert r / (L + 1) <= u * (1 + 1e-15)
    assert u <= (r + ties + 1) / (L + 1) * (1 + 1e-15)


def test_pit_is_open_in_spite_of_rounding():
    assert ranks.pit(0, 0, 127, 5e-324) > 0
    assert ranks.pit(127, 0, 127, np.nextafter(1, 0)) < 1


@relaxed
@given(st.lists(st.integers(0, 6), min_size=2, max_size=30))
def test_exchangeable_values_tile_the_unit_interval(values):
    # if each of the L + 1 values is the truth in turn, the density of u is 1 in every bin
    L = len(values) - 1
    density = np.zeros(L + 1)
    for i, truth in enumerate(values):
        r, ties = ranks.rank(values[:i] + values[i + 1 :], truth)
        start, end = (round(ranks.pit(r, ties, L, v) * (L + 1)) for v in (1e-9, 1 - 1e-9))
        density[start:end] += 1 / (end - start)
    np.testing.assert_allclose(density, 1)


@pytest.mark.parametrize(
    "call", [(-1, 0, 5, 0.5), (6, 0, 5, 0.5), (3, 3, 5, 0.5), (0, -1, 5, 0.5), (0, 0, 0, 0.5)]
)
def test_pit_refuses_impossible_ranks(call):
    with pytest.raises(ValueError, match="rank and its ties"):
        ranks.pit(*call)


@pytest.mark.parametrize("v", [0.0, 1.0, -0.1, np.nan])
def test_pit_refuses_a_closed_spread(v):
    with pytest.raises(ValueError, match="strictly between"):
        ranks.pit(1, 0, 5, v)


# -- jitter ------------------------------------------------------------------------------------


def test_jitter_is_pinned():
    # published ranks depend on these: a change is a new version of every result
    assert ranks.jitter(0, 0, "naive", "beta_XY", "nutpie") == 0.5496910849505848
    assert ranks.jitter(2**70, 999, "größe", "log_lik", "pymc") == 0.989790995632838


def test_jitter_depends_on_every_argument():
    calls = [
        (0, 0, "a", "b", "c"),
        (1, 0, "a", "b", "c"),
        (0, 1, "a", "b", "c"),
        (0, 0, "x", "b", "c"),
        (0, 0, "a", "x", "c"),
        (0, 0, "a", "b", "x"),
        (0, 0, 'a","b', "", "c"),
        (0, 0, "a", 'b","', "c"),
        (10, 0, "a", "b", "c"),
    ]
    assert len({ranks.jitter(*call) for call in calls}) == len(calls)
    assert ranks.jitter(np.int64(3), np.uint8(4), "a", "b", "c") == ranks.jitter(
        3, 4, "a", "b", "c"
    )


@relaxed
@given(st.tuples(st.integers(0, 2**80), st.integers(0, 2**40), st.text(), st.text(), st.text()))
def test_jitter_is_inside_the_open_interval(call):
    assert 0 < ranks.jitter(*call) < 1


def test_jitter_is_uniform_and_uncorrelated():
    v = np.array([ranks.jitter(7, i, "a", "b", "c") for i in range(4000)])
    assert uniformity_test(v).p > 1e-4
    assert abs(np.corrcoef(v[1:], v[:-1])[0, 1]) < 3.9 / np.sqrt(v.size)


# -- are the PIT values of an exact posterior uniform? -------------------------------------------


def counted(rng, n, L, decimals):
    """Rank one of L + 1 exchangeable normal values, rounded so that many are equal."""
    values = np.round(rng.standard_normal((n, L + 1)), decimals)
    return (*ranks.rank(values[:, 1:], values[:, 0]), rng.uniform(size=n))


def spread(r, ties, v, L):
    return ranks.pit(r, ties, L, v)


def at_the_edge(r, ties, v, L):
    return np.clip(r / L, 1e-6, 1 - 1e-6)


def in_the_middle(r, ties, v, L):
    return (r + 0.5) / (L + 1)


def without_ties(r, ties, v, L):
    return (r + v) / (L + 1)


def discrete(L, decimals, to_u, *, n, studies, seed):
    rng = np.random.default_rng(seed)
    return alarms(to_u(*counted(rng, n, L, decimals), L) for _ in range(studies))


@pytest.mark.parametrize(("L", "decimals"), [(19, 0), (19, 9), (127, 1)])
def test_pit_is_uniform(L, decimals):
    assert discrete(L, decimals, spread, n=200, studies=200, seed=L) <= most(200, 0.05)


@pytest.mark.parametrize(
    ("L", "decimals", "to_u", "n"),
    [
        (127, 9, at_the_edge, 1000),
        (19, 9, in_the_middle, 1000),
        (19, 0, without_ties, 200),
        (19, 0, in_the_middle, 200),
    ],
)
def test_ranks_that_are_not_spread_are_found(L, decimals, to_u, n):
    assert discrete(L, decimals, to_u, n=n, studies=60, seed=L) > most(60, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("n", [100, 1000])
@pytest.mark.parametrize(("L", "decimals"), [(1, 9), (3, 0), (19, 0), (19, 1), (19, 9), (127, 9)])
def test_pit_is_uniform_in_many_studies(L, decimals, n):
    assert discrete(L, decimals, spread, n=n, studies=2000, seed=n + L) <= most(2000, 0.05)


def test_mid_ranks_of_many_draws_are_found_in_the_end():
    rng = np.random.default_rng(3)
    r, v = rng.integers(0, 128, (60, 4000)), rng.uniform(size=(60, 4000))
    assert alarms(spread(r, 0, v, 127)) <= most(60, 0.05)
    assert alarms(in_the_middle(r, 0, v, 127)) > most(60, 0.05)


def autocorrelated(rho, every, n, studies, seed):
    """Rank n truths per study among 1000 draws of an exact but autocorrelated sampler."""
    rng = np.random.default_rng(seed)
    truth = rng.standard_normal(n * studies)
    draw, r = rng.standard_normal(truth.size), np.zeros(truth.size)
    for step in range(1, 1001):
        draw = rho * draw + np.sqrt(1 - rho**2) * rng.standard_normal(truth.size)
        if step % every == 0:
            r += draw < truth
    u = ranks.pit(r, 0, 1000 // every, rng.uniform(size=truth.size))
    return alarms(u.reshape(studies, n))


def test_autocorrelated_draws_need_thinning():
    # lag-1 autocorrelation .95: 1000 draws are worth 26; every 50th leaves .077 between neighbours
    assert autocorrelated(0.95, 50, n=300, studies=40, seed=2) <= most(40, 0.075)
    assert autocorrelated(0.95, 1, n=1000, studies=20, seed=2) > most(20, 0.075)
