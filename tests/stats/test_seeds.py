"""Random streams: a function of seed, names and numbers, and of nothing else."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.random import SeedSequence

from sbc.stats import seeds

quick = settings(deadline=None, max_examples=100)
seed = st.integers(0, 2**63 - 1)
number = st.integers(0, 2**32 - 1)
name = st.text(min_size=1)
data_key = st.tuples(seed, number, st.text())
fit_key = st.tuples(seed, number, name, name, st.integers(0, 5))


def words(stream):
    return tuple(stream.generate_state(4).tolist())


def test_key_of_a_name_is_its_64_bit_hash_read_from_the_low_end():
    # printf mundlak | b2sum --length 64
    digest = "2b564c27d46540a7"
    assert seeds.key("mundlak") == int.from_bytes(bytes.fromhex(digest), "little")


@quick
@given(name, name)
def test_different_names_have_different_keys(one, other):
    assume(one != other)
    assert seeds.key(one) != seeds.key(other)
    assert 0 <= seeds.key(one) < 2**64


@quick
@given(data_key)
def test_equal_arguments_give_equal_data_streams(key):
    assert words(seeds.data_stream(*key)) == words(seeds.data_stream(*key))


@quick
@given(data_key, data_key)
def test_different_arguments_give_different_data_streams(one, other):
    assume(one != other)
    assert words(seeds.data_stream(*one)) != words(seeds.data_stream(*other))


@quick
@given(seed, number, name)
def test_data_streams_differ_in_the_seed_the_dataset_and_the_source(root, k, source):
    streams = [
        seeds.data_stream(root, k),
        seeds.data_stream(root + 1, k),
        seeds.data_stream(root, k + 1),
        seeds.data_stream(root, k, source),
        seeds.data_stream(root, k, source + "x"),
    ]
    assert len({words(stream) for stream in streams}) == len(streams)


@quick
@given(fit_key)
def test_fit_seed_is_a_function_of_its_arguments_and_fits_31_bits(key):
    assert seeds.fit_seed(*key) == seeds.fit_seed(*key)
    assert 0 <= seeds.fit_seed(*key) < 2**31


def test_fit_seeds_differ_in_every_argument():
    # 31 bits collide by chance, so that this holds for chosen keys and not for arbitrary ones.
    base = (1, 2, "naive", "nutpie", 0)
    changed = [
        (2, 2, "naive", "nutpie", 0),
        (1, 3, "naive", "nutpie", 0),
        (1, 2, "mundlak", "nutpie", 0),
        (1, 2, "naive", "pymc", 0),
        (1, 2, "naive", "nutpie", 1),
    ]
    assert len({seeds.fit_seed(*key) for key in [base, *changed]}) == 6


def test_fit_seeds_of_a_large_study_collide_no_more_often_than_chance():
    found = [
        seeds.fit_seed(1, k, estimator, "nutpie", attempt)
        for k in range(1000)
        for estimator in ("naive", "mundlak")
        for attempt in range(3)
    ]
    # 6000 of 2³¹ values: 0.008 pairs expected.
    assert len(set(found)) >= len(found) - 1


def test_data_and_fits_share_no_stream():
    data = seeds.data_stream(1, 2, "naive")
    fit = SeedSequence(1, spawn_key=(seeds.FIT, 2, seeds.key("naive"), seeds.key("nutpie"), 0))
    assert data.spawn_key[0] != fit.spawn_key[0]
    assert words(data) != words(fit)


@quick
@given(data_key)
def test_description_makes_the_stream_again(key):
    stream = seeds.data_stream(*key)
    again = eval(seeds.describe(stream), {"SeedSequence": SeedSequence})
    assert words(again) == words(stream)


def test_order_of_creation_does_not_matter():
    forwards = [np.random.default_rng(seeds.data_stream(1, k)).normal() for k in range(5)]
    backwards = [np.random.default_rng(seeds.data_stream(1, k)).normal() for k in range(4, -1, -1)]
    assert forwards == backwards[::-1]
