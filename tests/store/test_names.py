"""Names of vectors: elements in their order, pools, and what is a scalar all the same."""

import pytest

from sbc.store.names import compact, natural, units, vector_of, vectors


@pytest.mark.parametrize(
    ("name", "vector"),
    [
        ("p[3]", "p"),
        ("p", "p"),
        ("p[1, 2]", "p"),
        ("b[age]", "b"),
        ("corr[intercept, slope]", "corr"),
        ("p[*]", "p[*]"),
        ("a[0][1]", "a[0]"),
    ],
)
def test_an_element_belongs_to_a_vector(name, vector):
    assert vector_of(name) == vector


def test_elements_sort_by_number():
    names = [f"p[{i}]" for i in (10, 2, 0)]
    assert sorted(names, key=natural) == ["p[0]", "p[2]", "p[10]"]
    assert vectors(names) == {"p": ["p[0]", "p[2]", "p[10]"]}


def test_scalars_stand_by_themselves_and_vectors_together():
    names = ["mu", "p[1]", "tau", "p[0]", "theta[3]"]
    assert units(names) == {
        "mu": ["mu"],
        "p[*]": ["p[0]", "p[1]"],
        "tau": ["tau"],
        "theta[3]": ["theta[3]"],  # chosen alone, it is a scalar
    }
    assert compact(names) == ["mu", "p[0] … p[1]", "tau", "theta[3]"]
