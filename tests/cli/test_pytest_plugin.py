"""The fixture and the marker as a user's test suite meets them."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import textwrap
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from synthetic import SETTINGS, fits, make_run, scaled

# What is imported here stays when pytester forgets the modules that a test brought in.
from sbc.cli import pytest_gate, pytest_words
from sbc.cli.main import main
from sbc.fitting import fit, loop
from sbc.gates import words as gate_output
from sbc.gates.causes import Explanation
from sbc.gates.config import Config
from sbc.gates.gate import judge_run
from sbc.plugins import likelihoods
from sbc.plugins.engine import Budget
from sbc.plugins.errors import UserError
from sbc.store.frames import load_run
from sbc.studies import gate
from sbc.studies.explain import explain as explaining

pytest_plugins = ("pytester",)
#: Loaded here, as an inner session forgets what it has loaded itself; PyTensor cannot be twice.
_LOADED = (fit, gate, gate_output, likelihoods, pytest_gate)

TESTS = Path(__file__).resolve().parents[1]
FAKE = f"""
    import sys
    import pytest
    sys.path.insert(0, {str(TESTS)!r})
    from synthetic import calibrated, fits, scaled, shifted
    from sbc.fitting import loop as running, preflight

    STREAMS = {{"mundlak": calibrated(400), "naive": scaled(0.4, 400), "latent": shifted(0.4, 400)}}

    @pytest.fixture(autouse=True)
    def execute(monkeypatch):
        def fake(settings, store, jobs, progress=True, hand_out=None, deadline=None):
            done = store.done()
            for name in settings.estimators:
                print("FITTED", name, settings.seed, settings.datasets)
                stream = STREAMS[name.rpartition(":")[2]][:settings.datasets]
                for row in fits({{"beta_XY": stream}}, estimator=name):
                    if (row.dataset, name, "nutpie") not in done:
                        store.add(row)
        monkeypatch.setattr(running, "execute", fake)
        monkeypatch.setattr(preflight, "estimands", lambda settings: {{}})  # without importing PyMC
"""


@pytest.fixture
def suite(pytester):
    """Run a test file whose fits are made up; strict, as this project's own suite is."""

    def go(text, *arguments):
        pytester.makeconftest(FAKE)
        pytester.makepyfile(text)
        options = (
            "-p",
            "no:cacheprovider",
            "-p",
            "no:hypothesispytest",
            "-W",
            "error",
            "--strict-markers",
            "-s",
            *arguments,
        )
        return pytester.runpytest_inprocess(*options)

    return go


THREE_LINES = """
    def test_mundlak(sbc_gate):
        sbc_gate.calibrated("mundlak", "beta_XY", generator="confound", truth="effects")
"""


def test_three_lines_are_enough(suite):
    suite(THREE_LINES).assert_outcomes(passed=1)


def test_a_test_that_fails_prints_the_verdict_and_how_to_replay_it(suite, tmp_path, monkeypatch):
    result = suite("""
        def test_naive(sbc_gate):
            sbc_gate.calibrated("naive", "beta_XY", delta=0.1, parameters={"n_rows": 50})
    """)
    result.assert_outcomes(failed=1)
    shown = result.stdout.str()
    assert re.search(r"FAIL +naive beta_XY: calibrated within 0.1", shown)
    assert "errors" in shown
    assert "pytest_gate.py" not in shown  # no traceback through the plugin
    command = re.search(r"repeat: (python -m sbc gate .*)", shown)[1]
    words = shlex.split(command)
    assert words[:6] == ["python", "-m", "sbc", "gate", "--run", "--estimator"]

    # the same made-up fits, by way of the command line
    def fake(settings, store, jobs, progress=True, hand_out=None, deadline=None):
        done = store.done()
        for row in fits({"beta_XY": scaled(0.4, 400)[: settings.datasets]}, estimator="naive"):
            if (row.dataset, "naive", "nutpie") not in done:
                store.add(row)

    monkeypatch.setattr(loop, "execute", fake)
    assert main([*words[3:], "--out", str(tmp_path / "replayed"), "--quiet"]) == 1


def test_what_must_be_caught_is_caught(suite):
    result = suite("""
        def test_control(sbc_gate):
            sbc_gate.miscalibrated("naive", "beta_XY")

        def test_control_that_is_calibrated(sbc_gate):
            sbc_gate.miscalibrated("mundlak", "beta_XY")
    """)
    result.assert_outcomes(passed=1, failed=1)


def test_bounds_may_be_asked_for(suite):
    result = suite("""
        def test_bounds(sbc_gate):
            sbc_gate.expect("mundlak", {"beta_XY": {"coverage_95": [0.85, 0.99], "bias": 0.2}})

        def test_bounds_in_fixed(sbc_gate):
            sbc_gate.expect("mundlak", {"beta_XY": {"bias": 0.01}}, truth="fixed", max_datasets=60)
    """)
    result.assert_outcomes(passed=1, failed=1)
    assert "mundlak:beta_XY={bias = 0.01}" in result.stdout.str()


UNDECIDED = """
    def test_latent(sbc_gate):
        sbc_gate.calibrated("latent", "beta_XY", delta=0.1, max_datasets=30)
"""


def test_undecided_is_not_a_pass_unless_allowed(suite):
    result = suite(UNDECIDED)
    result.assert_outcomes(failed=1)
    shown = result.stdout.str()
    assert "INCONCLUSIVE" in shown
    assert "--sbc-max-datasets" in shown
    suite(UNDECIDED, "--sbc-allow-inconclusive").assert_outcomes(passed=1)


MISTAKES = {
    "calibrated('mundalk')": "Did you mean 'mundlak'?",
    "calibrated('mundlak', 'beta_X')": "Did you mean 'beta_XY'?",
    "calibrated('mundlak', truth='fixed')": "need not be nominal at one truth",
    "calibrated('mundlak', generater='confound')": "Did you mean 'generator'?",
    "calibrated('mundlak', preset='daily')": "no preset called 'daily'",
    "expect('mundlak', {'beta_XY': 'calibratd'})": "Did you mean 'calibrated'?",
    "calibrated('mundlak', parameters={'sd_U': -1})": "sd_U must be a finite number ≥ 0, not -1",
    "calibrated('mundlak', parameters={'n_rows': 2.5})": "n_rows takes a whole number, not '2.5'",
    "calibrated('mundlak', draws=1)": "sbc: draws must be at least 20, not 1",
    "calibrated('mundlak', delta=3)": "delta must lie between 0 and 0.5",
}


def test_mistakes_are_told_in_a_line(suite):
    calls = [f"def test_{i}(sbc_gate):\n    sbc_gate.{call}\n" for i, call in enumerate(MISTAKES)]
    result = suite("\n".join(calls))
    result.assert_outcomes(failed=len(MISTAKES))
    shown = result.stdout.str()
    assert "Traceback" not in shown
    for i, message in enumerate(MISTAKES.values()):
        told = re.search(rf"_ test_{i} _+\n(sbc: .*(?:\n  available.*)?)", shown)[1]
        assert message in told


def test_tests_of_one_session_share_a_run(suite):
    result = suite("""
        def test_loosely(sbc_gate):
            sbc_gate.calibrated("mundlak", "beta_XY", delta=0.14)

        def test_strictly(sbc_gate):
            sbc_gate.calibrated("mundlak", "beta_XY", delta=0.07, max_datasets=400)

        def test_loosely_again(sbc_gate):
            sbc_gate.calibrated("mundlak", "beta_XY", delta=0.14)

        def test_with_another_seed(sbc_gate):
            sbc_gate.calibrated("mundlak", "beta_XY", delta=0.14, seed=2)
    """)
    result.assert_outcomes(passed=4)
    fitted = re.findall(r"FITTED mundlak (\d+) (\d+)", result.stdout.str())
    sizes = [int(n) for seed, n in fitted if seed == "1"]
    assert sizes[0] == 25
    assert sizes == sorted(sizes)  # each goes on where the one before has stopped
    assert sizes[-1] == max(sizes) > 100
    assert ("2", "25") in fitted


def test_options_and_markers(suite):
    text = """
        import pytest

        @pytest.mark.sbc(max_datasets=25, delta=0.05)
        def test_marked(sbc_gate):
            sbc_gate.calibrated("mundlak", "beta_XY")

        def test_unmarked(sbc_gate):
            sbc_gate.calibrated("mundlak", "beta_XY")

        def test_other():
            pass
    """
    result = suite(text, "--sbc-seed", "7", "--sbc-preset", "nightly", "--sbc-max-datasets", "75")
    result.assert_outcomes(passed=1, failed=2)
    shown = result.stdout.str()
    assert "calibrated within 0.05" in shown
    assert "not decided after 25 datasets" in shown
    assert "calibrated within 0.07" in shown
    assert "not decided after 75 datasets" in shown
    assert "--seed 7" in shown
    suite(text, "-m", "not sbc").assert_outcomes(passed=1, deselected=2)


def test_the_verdict_is_a_property_of_the_test(suite, pytester):
    suite(THREE_LINES, "--junitxml=out.xml")
    assert "mundlak beta_XY: calibrated within 0.14" in (pytester.path / "out.xml").read_text()


def test_replays_name_whatever_is_not_the_default():
    budget = asdict(Budget())
    settings = replace(
        SETTINGS,
        parameters={"n_rows": 50},
        budget=Budget(**budget | {"draws": 900, "target_accept": 0.9}),
    )
    command = pytest_words.command(
        settings, Config(max_datasets=70, alpha_fail=0.01), {"beta_XY": "calibrated"}
    )
    assert command == (
        "python -m sbc gate --run --estimator mundlak --generator confound --truth effects "
        "--set n_rows=50 --engine nutpie --seed 1 --draws 900 --target-accept 0.9 --delta 0.1 "
        "--max-datasets 70 --alpha-fail 0.01 --expect mundlak:beta_XY=calibrated"
    )


# -- one door ------------------------------------------------------------------------------------

MODELS = """
    import pymc as pm
    from sbc import estimator, generator

    @generator(dims={"y": "rows"}, uniform_ranks={"prior": ("mundlak",)})
    def world(rng, truth, *, n_rows=5):
        return {"y": rng.normal(truth["mu"], 1, size=n_rows)}

    @world.regime
    def prior(rng):
        return {"mu": rng.normal()}

    @estimator(estimands=("mu",))
    def mundlak(y):
        mu = pm.Normal("mu", 0, 1)
        pm.Normal("y", mu, 1, observed=y)
"""


def test_a_settings_typo_is_told_as_by_the_command_and_all_of_its_settings_are_known():
    import inspect

    import sbc

    of_command = inspect.signature(sbc.gate).parameters.keys()
    left_out = of_command - set(pytest_gate.SETTINGS)
    assert left_out == {
        *(
            "estimator",
            "expect",
            "out",
            "resume",
            "overwrite",
            "reuse",
            "allow_versions",
            "progress",
        ),
        *("json", "junit", "markdown"),
    }


def test_one_line_is_enough_for_a_model_and_junit_carries_its_time_and_verdict(suite, pytester):
    result = suite(
        """
        import pymc as pm
        import pytest
        from synthetic import calibrated
        from conftest import STREAMS

        def test_model(sbc_gate):
            with pm.Model() as model:
                mu = pm.Normal("mu")
                pm.Normal("y", mu, observed=[1.0, 2.0])
            STREAMS["model"] = calibrated(400)
            gate = sbc_gate(model)
            assert gate.outcome == "pass"

        def test_model_that_is_not(sbc_gate):
            with pm.Model() as other:
                mu = pm.Normal("mu")
                pm.Normal("y", mu, observed=[1.0, 2.0])
            STREAMS["other"] = STREAMS["naive"]
            sbc_gate(other, "beta_XY", name="other", parameters={})
        """,
        "--junitxml=out.xml",
    )
    result.assert_outcomes(passed=1, failed=1)
    assert "repeat: sbc.gate({'other': ...}, " in result.stdout.str()
    written = (pytester.path / "out.xml").read_text()
    assert re.search(r'name="test_model" time="[\d.]+"', written)
    assert "PASS          model all: calibrated within 0.14" in written


def test_files_are_looked_for_beside_the_test_in_the_root_and_in_the_working_directory(
    suite, pytester, monkeypatch
):
    for folder, name in (("inner", "beside.py"), (".", "rooted.py"), ("elsewhere", "working.py")):
        (pytester.path / folder).mkdir(exist_ok=True)
        (pytester.path / folder / name).write_text(textwrap.dedent(MODELS))
    (pytester.path / "inner" / "test_it.py").write_text(
        textwrap.dedent("""
        import pytest

        @pytest.mark.parametrize("file", ["beside.py", "rooted.py", "working.py", "gone.py"])
        def test_it(sbc_gate, file):
            sbc_gate(f"{file}:mundlak", "beta_XY", generator=f"{file}:world", truth="prior")
        """)
    )
    monkeypatch.chdir(pytester.path / "elsewhere")
    pytester.makeini("[pytest]")
    result = suite("", str(pytester.path / "inner"), f"--rootdir={pytester.path}")
    result.assert_outcomes(passed=3, failed=1)
    shown = result.stdout.str()
    assert re.search(
        r"sbc: no file gone.py: looked for beside the test \(.*inner\), "
        r"in pytest's root \(.*\), in the working directory \(.*elsewhere\)",
        shown,
    )


def test_a_failure_prints_its_cause_where_it_is_known(tmp_path, monkeypatch):
    own = replace(SETTINGS, truth="self")
    rows = fits({"beta_XY": scaled(0.4), "log_likelihood": scaled(0.4)}, source="mundlak")
    folder = make_run(tmp_path / "run", rows, own, expected_uniform=["mundlak"])
    gate_ = judge_run(load_run(folder), Config())
    found = Explanation("mundlak", "nutpie", ("a fault",), (), "mundlak: a fault. The cause is x.")
    monkeypatch.setattr(explaining, "explain", lambda folder, fit_again: [found])
    assert pytest_words.cause(gate_) == ["cause: mundlak: a fault. The cause is x."]

    def refuse(folder, fit_again):
        raise UserError("it states no model")

    monkeypatch.setattr(explaining, "explain", refuse)
    assert pytest_words.cause(gate_) == ["cause: not looked for: it states no model"]
    # what is not expected to be uniform has no cause to be looked for
    effects = make_run(tmp_path / "other", fits({"beta_XY": scaled(0.4)}))
    declared = Config().declare("effects", "mundlak", "beta_XY", "calibrated")
    assert pytest_words.cause(judge_run(load_run(effects), declared)) == []


# -- in processes of their own -------------------------------------------------------------------


def test_starting_pytest_imports_nothing_heavy(tmp_path):
    (tmp_path / "test_empty.py").write_text("def test_nothing(): pass\n")
    code = (
        "import pytest, sys; pytest.main(['-q', '-p', 'no:cacheprovider', sys.argv[1]]); "
        "print('MODULES', *sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    modules = done.stdout.partition("MODULES ")[2].split()
    ours = [name for name in modules if name.partition(".")[0] == "sbc"]
    assert ours == ["sbc", "sbc.cli", "sbc.cli.pytest_plugin"], (
        "pip install -e . registers the plugin"
    )
    assert not {"pymc", "pytensor", "pandas", "scipy"} & set(modules)


def test_workers_share_a_run(pytester):
    pytester.makeconftest(FAKE)
    pytester.makepyfile("""
        import pytest

        @pytest.mark.parametrize("delta", [0.14, 0.141, 0.142, 0.143])
        def test_mundlak(sbc_gate, delta):
            sbc_gate.calibrated("mundlak", "beta_XY", delta=delta)
    """)
    result = pytester.runpytest_subprocess(
        "-p", "xdist", "-n", "2", "-W", "error", "-p", "no:cacheprovider", "--basetemp=shared"
    )
    result.assert_outcomes(passed=4)
    runs = [path for path in (pytester.path / "shared" / "sbc").iterdir() if path.is_dir()]
    assert len(runs) == 1
