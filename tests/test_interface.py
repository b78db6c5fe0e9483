"""What `import sbc` offers, and nothing else; old names that documents taught."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import sbc

ROOT = Path(__file__).resolve().parent.parent
OFFERED = [
    *("Budget", "Density", "Draws", "Estimated", "UserError", "check", "design", "engine"),
    *("estimator", "gate", "generator", "import_results", "load", "merge", "posterior", "power"),
    *("run", "sweep"),
]


def test_the_package_shows_its_interface_and_nothing_else():
    assert sorted(dir(sbc)) == sorted([*OFFERED, "__version__"])
    assert sbc.__all__ == OFFERED
    assert all(getattr(sbc, name).__doc__ for name in OFFERED)
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        sbc.nothing_of_the_kind  # noqa: B018


@pytest.mark.parametrize("folder", ["tests", "reports", "docs"])
def test_other_folders_of_a_checkout_are_no_packages_of_ours(folder):
    with pytest.raises(ImportError):
        __import__(f"sbc.{folder}")


def test_it_is_typed():
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert "py.typed" in tools["setuptools"]["package-data"]["sbc"]
    assert (ROOT / "sbc" / "py.typed").is_file()


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("sbc.contracts", "sbc.plugins.estimator", "estimator"),
        ("sbc.likelihoods", "sbc.plugins.likelihoods", "BernoulliLogit"),
    ],
)
def test_an_old_name_still_works_and_tells_the_new_one(old, new, name):
    code = f"import {new} as new, {old} as old; print(old.{name} is new.{name})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "True\n"
    assert done.stderr.count("FutureWarning") == 1
    assert f"{old} is now" in done.stderr


def test_importing_it_and_asking_it_costs_neither_pymc_nor_pandas():
    code = (
        "import sys, sbc\n"
        # a density is PyMC's, and a table that is imported is read by pandas
        "for name in set(sbc.__all__) - {'Density', 'import_results'}: getattr(sbc, name)\n"
        "print(sorted({'pymc', 'pytensor', 'pandas', 'matplotlib'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "[]\n"
