"""Whose fault an exception is."""

from __future__ import annotations

import numpy as np
import pytest

from sbc.cli.main import main
from sbc.fitting import preflight
from sbc.fitting.fit import Task, fit
from sbc.fitting.options import settings_over
from sbc.plugins import blame
from sbc.plugins.errors import ExitCode, UserError
from sbc.stats import ranks
from sbc.store.rows import ERROR


def caught(function, *arguments):
    try:
        function(*arguments)
    except Exception as problem:
        return problem
    raise AssertionError("nothing was raised")


def test_what_sbc_raises_without_meaning_to_is_its_own():
    assert blame.is_ours(caught(preflight._place, None, 3))


def test_what_sbc_raises_on_purpose_a_library_raises_or_a_user_raises_is_not():
    assert not blame.is_ours(caught(ranks.rank, np.zeros((2, 2)), 0.0, 1.5))
    assert not blame.is_ours(caught(np.linalg.cholesky, -np.eye(2)))
    assert not blame.is_ours(caught(lambda: {}["gone"]))


def slip():
    """Give a function of sbc's that has a bug."""
    space = {}
    code = compile("def slip(*_):\n    return dict(zip('ab', [1], strict=True))", FILE, "exec")
    exec(code, space)
    return space["slip"]


FILE = str(preflight.__file__)
BROKEN = "def own(y):\n    return y['gone']\n"


def test_a_bug_keeps_its_traceback_and_has_a_code_of_its_own(monkeypatch, capsys):
    monkeypatch.setattr("sbc.cli.list.main", slip())
    assert main(["list"]) == ExitCode.BUG == 70
    told = capsys.readouterr().err
    assert "Traceback (most recent call last)" in told
    assert "ValueError: zip() argument 2 is shorter" in told
    assert "this is a bug of sbc" in told
    assert "pymc 6" in told


def test_a_bug_in_a_trial_is_not_told_as_the_models(monkeypatch, tmp_path):
    settings = settings_over(None, {"estimator": "tests/files/ordinary.py:eight_schools"})
    monkeypatch.setattr(preflight, "_trial", slip())
    with pytest.raises(ValueError, match="zip"):
        preflight.estimands(settings)


def test_a_bug_in_a_fit_is_a_row_that_says_so(monkeypatch):
    settings = settings_over(None, {"estimator": "naive", "truth": "effects"})
    monkeypatch.setattr("sbc.fitting.fit._until_converged", slip())
    row = fit(Task(settings, "naive", "nutpie", 0))
    assert row.status == ERROR
    assert row.error.startswith("bug of sbc (preflight.py, line ")


def test_a_users_mistake_stays_one(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(BROKEN)
    settings = settings_over(
        None, {"estimator": f"{file}:own", "generator": "tests/files/normal_mean.py:normal_world"}
    )
    with pytest.raises(UserError, match="'own' raises IndexError"):
        preflight.estimands(settings)
