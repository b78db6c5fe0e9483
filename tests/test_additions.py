"""Adding a thing touches one file: one of each is added to a copy of the package and runs there."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

SETTING = '    label: str = setting("", "a word on the run", metavar="WORD")\n'
REGIME = '''

@confound.regime
def weak(rng: Generator) -> Truth:
    """A weak confound."""
    return lecture(-2.0, 1.0, -0.5, 0.5, 1.0)
'''
ESTIMATOR = '''"""An estimator that looks at nothing."""

import pymc as pm

from sbc.plugins.estimator import estimator


@estimator(estimands=("beta_XY",))
def blind(Y):
    """State a prior, and leave the data alone."""
    beta_XY = pm.Normal("beta_XY", 0, 1)
    pm.Bernoulli("Y", logit_p=beta_XY, observed=Y)


@blind.posterior
def posterior(data, rng, draws):
    """Draw from the prior."""
    return {"beta_XY": rng.normal(size=draws)}
'''
ENGINE = '''"""An engine that leaves the work to another."""

from sbc.engines.exact import exact
from sbc.plugins.engine import engine


@engine(backend="threading")
def borrowed(estimator, generator, data):
    """Draws of the engine `exact`."""
    return exact.compile(estimator, generator, data)
'''
METRIC = '''

@_metric
def absolute_error(fits: Fits) -> tuple[Estimate, FloatArray]:
    """Mean of abs(e), in the unit of the estimand."""
    return _mean(np.abs(fits.mean - fits.truth))
'''
COMMAND = '''"""``sbc errors``: print the absolute error of every estimand of a run."""

from pathlib import Path


def configure(parser):
    """Declare the folder."""
    parser.add_argument("folder", type=Path)
    parser.set_defaults(function=main)


def main(arguments):
    """Print a line for each."""
    from sbc.stats.vectors import measure
    from sbc.store.frames import as_fits, load_run

    for (estimator, engine, quantity), frame in load_run(arguments.folder).streams(True):
        found = measure("absolute_error", as_fits(frame))
        print(estimator, engine, quantity, f"{found.value:.3f} ± {found.mcse:.3f}")
    return 0
'''


def insert(file, text, before):
    old = file.read_text(encoding="utf-8")
    assert old.count(before) == 1
    file.write_text(old.replace(before, text + before), encoding="utf-8")


def append(file, text):
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """Copy the package as it is installed, and add one of each: every line here is one file."""
    folder = tmp_path_factory.mktemp("copy")
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "sbc", folder / "sbc", ignore=unwanted)
    for name in ("generators", "models"):
        shutil.copytree(ROOT / name, folder / "sbc" / name, ignore=unwanted)
    insert(folder / "sbc/store/settings.py", SETTING, "    simulator: str = setting(")
    append(folder / "sbc/generators/confound.py", REGIME)
    (folder / "sbc/models/blind.py").write_text(ESTIMATOR, encoding="utf-8")
    (folder / "sbc/engines/borrowed.py").write_text(ENGINE, encoding="utf-8")
    append(folder / "sbc/stats/metrics.py", METRIC)
    (folder / "sbc/cli/errors.py").write_text(COMMAND, encoding="utf-8")
    return folder


def sbc(folder, *words):
    command = [sys.executable, "-m", "sbc", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_one_of_each_works_where_it_was_added(copy):
    run = [*("--estimator", "blind"), *("--engine", "borrowed"), *("--truth", "weak")]
    run += [*("--label", "trial"), *("--datasets", "20"), *("--jobs", "1"), "--quiet"]
    made = sbc(copy, "run", *run, "--out", "made")
    assert made.returncode == 0, made.stderr
    kept = json.loads((copy / "made" / "run.json").read_text(encoding="utf-8"))
    assert kept["settings"]["label"] == "trial"
    assert (kept["settings"]["truth"], kept["settings"]["engines"]) == ("weak", ["borrowed"])
    told = sbc(copy, "errors", "made")
    who, engine, estimand, value, _, error = told.stdout.split()
    assert (who, engine, estimand) == ("blind", "borrowed", "beta_XY")
    # The mean of a prior is 0 but for the error of 1,000 draws, and the truth is 1.
    assert abs(float(value) - 1) < 0.1
    assert float(error) < 0.1
    assert "WORD" in sbc(copy, "run", "--help").stdout
    assert "errors" in sbc(copy, "--help").stdout
    assert "blind" in sbc(copy, "list").stdout


def test_without_them_the_same_words_are_refused():
    for words, named in [
        (["errors", "made"], "no command called 'errors'"),
        (["run", "--label", "trial"], "no option called '--label'"),
        (["run", "--truth", "weak"], "no truth regime called 'weak'"),
        (["run", "--estimator", "blind"], "no estimator called 'blind'"),
        (["run", "--engine", "borrowed"], "no engine called 'borrowed'"),
    ]:
        refused = sbc(ROOT, *words)
        assert refused.returncode == 2
        assert named in refused.stderr
