"""What a config, a command line and a regime make a gate ask for, and how mistakes are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from synthetic import ESTIMANDS, SETTINGS

from sbc.gates.checks import Subject, checks_of
from sbc.gates.config import ALL, Config, expect, load_config
from sbc.gates.expectations import (
    Better,
    Bounds,
    Calibrated,
    Miscalibrated,
    Unmoved,
    parse,
    to_toml,
)
from sbc.plugins.errors import UserError
from sbc.stats.sequential.judge import PRESETS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def config_of(tmp_path):
    def make(text):
        file = tmp_path / "gates.toml"
        file.write_text(text, encoding="utf-8")
        return load_config(file)

    return make


REGIMES = ("effects", "fixed", "prior", "self")


def subject(truth="effects", estimators=("mundlak", "naive"), expected_uniform=(), quantities=()):
    return Subject(
        replace(SETTINGS, truth=truth, estimators=estimators),
        expected_uniform,
        dict.fromkeys(estimators, ESTIMANDS),
        dict.fromkeys(estimators, quantities),
        REGIMES,
    )


# -- single expectations -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected", "words"),
    [
        ("calibrated", Calibrated(0.1), "calibrated within 0.1"),
        ("miscalibrated", Miscalibrated(0.1), "miscalibrated, not within 0.1"),
        ({"calibrated": 0.07}, Calibrated(0.07), "calibrated within 0.07"),
        (
            {"coverage_95": [0.92, 0.98]},
            Bounds("coverage_95", 0.92, 0.98),
            "coverage_95 in [0.92, 0.98]",
        ),
        ({"coverage_90": [0.8, 1]}, Bounds("coverage_90", 0.8, np.inf), "coverage_90 ≥ 0.8"),
        ({"bias": 0.1}, Bounds("bias", -0.1, 0.1), "|bias| ≤ 0.1"),
        ({"bias": [-0.1, 0.3]}, Bounds("bias", -0.1, 0.3), "bias in [-0.1, 0.3]"),
        ({"bias_sd": 1}, Bounds("bias_sd", -1, 1), "|bias in posterior sds| ≤ 1"),
        ({"contraction": 0.8}, Bounds("contraction", 0.8, np.inf), "contraction ≥ 0.8"),
        ({"contraction": [0, 0.3]}, Bounds("contraction", -np.inf, 0.3), "contraction ≤ 0.3"),
        ({"rmse": 0.5}, Bounds("rmse", -np.inf, 0.5), "rmse ≤ 0.5"),
        ({"better_than": "naive"}, Better("naive"), "smaller errors than naive"),
    ],
)
def test_values_and_what_they_mean(value, expected, words):
    assert parse(value, 0.1) == (expected,)
    assert str(expected) == words


def test_levels_of_coverage():
    assert Bounds("coverage_95", 0.9, 1).level == 0.95
    assert Bounds("bias", -1, 1).level is None
    assert str(Unmoved(0.1)) == "unmoved within 0.1"


def test_a_table_makes_a_check_of_each_entry():
    value = {"calibrated": True, "contraction": 0.8, "bias": 0.1}
    assert [type(e).__name__ for e in parse(value, 0.1)] == ["Calibrated", "Bounds", "Bounds"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("calibratd", "no expectation called 'calibratd'. Did you mean 'calibrated'?"),
        ({"coverage95": [0.9, 1]}, "Did you mean 'coverage_95'?"),
        ({"coverage": [0.9, 1]}, "no expectation called 'coverage'"),
        ({"coverage_00": [0.9, 1]}, "no expectation called 'coverage_00'"),
        ({"coverage_95": 0.9}, "two bounds"),
        ({"coverage_95": [0.9, 0.95, 1]}, "two bounds"),
        ({"coverage_95": [0.9, "1"]}, "takes a number"),
        ({"coverage_95": [0.98, 0.92]}, "sets no bound"),
        ({"coverage_95": [0, 1]}, "sets no bound"),
        ({"bias": "small"}, "takes a number, not 'small'"),
        ({"bias": True}, "takes a number"),
        ({"bias": -0.1}, "sets no bound"),
        ({"calibrated": 0.7}, "between 0 and 0.5"),
        ({"better_than": 1}, "an estimator's name"),
        ({}, "'calibrated', 'miscalibrated' or a table"),
        (1, "'calibrated', 'miscalibrated' or a table"),
    ],
)
def test_values_that_mean_nothing(value, message):
    with pytest.raises(UserError) as caught:
        parse(value, 0.1, "[effects.naive] beta_XY")
    assert message in str(caught.value)
    assert "[effects.naive] beta_XY" in str(caught.value)


@pytest.mark.parametrize("value", [{"bias": 0.1, "coverage_95": [0.9, 1]}, {"calibrated": True}])
def test_values_survive_being_written_as_toml(value):
    config = expect(Config(), f"mundlak:beta_XY={to_toml(value)}", SETTINGS)
    assert config.declared["effects"]["mundlak"]["beta_XY"] == value


# -- files ---------------------------------------------------------------------------------------


def test_numbers_of_a_config(config_of):
    config = config_of('preset = "nightly"\nalpha_pass = 0.01\nmax_datasets = 700\n')
    assert (config.delta, config.max_datasets) == (PRESETS["nightly"].delta, 700)
    assert (config.alpha_fail, config.alpha_pass) == (0.001, 0.01)
    assert config.changed("smoke").max_datasets == PRESETS["smoke"].max_datasets
    assert config.changed("smoke", delta=0.2).delta == 0.2
    assert Config().max_datasets is None


def test_tables_of_a_config(config_of):
    config = config_of("""
        [effects.mundlak]
        beta_XY = "calibrated"
        beta_ZY = {coverage_95 = [0.92, 0.98], bias = 0.1}
        [effects.naive]
        beta_XY = "miscalibrated"
        [fixed.naive]
        beta_XY = {bias = 0.1}
    """)
    found = [(c.estimator, c.quantity, str(c.expectation)) for c in checks_of(config, subject())]
    assert found == [
        ("mundlak", "beta_XY", "calibrated within 0.1"),
        ("mundlak", "beta_ZY", "coverage_95 in [0.92, 0.98]"),
        ("mundlak", "beta_ZY", "|bias| ≤ 0.1"),
        ("naive", "beta_XY", "miscalibrated, not within 0.1"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "delta = 0.1\nn max = 1",
            "is not TOML: Expected '=' after a key in a key/value pair (at line 2",
        ),
        ("alpha_fale = 0.1", "no setting called 'alpha_fale' in"),
        ("alpha_fale = 0.1", "Did you mean 'alpha_fail'?"),
        ("alpha_fail = 2", "alpha_fail must lie between 0 and 1"),
        ('delta = "0.1"', "delta must lie between 0 and 0.5"),
        ("max_datasets = 0", "at least 1"),
        ("max_datasets = 1.5", "whole number"),
        ('preset = "daily"', "no preset called 'daily'"),
        ("[effects]\nmundlak = 'calibrated'", "[effects] holds tables"),
    ],
)
def test_configs_that_cannot_be_read(config_of, text, message):
    with pytest.raises(UserError) as caught:
        config_of(text)
    assert message in str(caught.value)
    assert "gates.toml" in str(caught.value)


def test_a_config_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        load_config(tmp_path / "no.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="is not TOML"):
        load_config(tmp_path / "bytes.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[effect.mundlak]\nbeta_XY = 'calibrated'", "Did you mean 'effects'?"),
        ("[effects.mundalk]\nbeta_XY = 'calibrated'", "Did you mean 'mundlak'?"),
        ("[effects.mundlak]\nbeta_X = 'calibrated'", "Did you mean 'beta_XY'?"),
        ("[effects.mundlak]\nall = {bias = 0.1}", "one estimand at a time"),
        ("[effects.mundlak]\nbeta_XY = {better_than = 'fixed'}", "no estimator called 'fixed'"),
    ],
)
def test_names_that_there_are_not(config_of, text, message):
    with pytest.raises(UserError) as caught:
        checks_of(config_of(text), subject())
    assert message in str(caught.value)


def test_expectations_of_other_regimes_and_estimators_do_not_disturb(config_of):
    config = config_of("[fixed.latent]\nbeta_XY = {bias = 0.1}\n[prior.latent]\nall = 'calibrated'")
    assert checks_of(config, subject()) == []


def test_the_repositorys_own_config_names_its_ten_pairs():
    config = load_config(ROOT / "gates.toml")
    names = ("naive", "fixed", "multilevel", "mundlak", "latent", "oracle")
    checks = checks_of(config, subject(estimators=names))
    assert {(c.estimator, c.quantity) for c in checks} == {(n, q) for n in names for q in ESTIMANDS}
    controls = [c for c in checks if isinstance(c.expectation, Miscalibrated)]
    assert {c.estimator for c in controls} == {"naive", "fixed", "multilevel"}
    assert checks_of(config, subject(truth="fixed"))


# -- what is expected ------------------------------------------------------------------------------


def test_uniform_ranks_are_asked_for_where_they_are_expected():
    found = checks_of(
        Config(),
        subject("self", expected_uniform=["mundlak", "naive"], quantities=("log_likelihood",)),
    )
    assert [(c.estimator, c.quantity) for c in found] == [("mundlak", ALL), ("naive", ALL)]
    assert found[0].streams == (*ESTIMANDS, "log_likelihood")
    only = checks_of(Config(), subject("prior", ("latent", "naive"), expected_uniform=["latent"]))
    assert [c.estimator for c in only] == ["latent"]
    assert checks_of(Config(), subject()) == []


def test_the_log_likelihood_goes_with_an_estimand_where_it_is_expected():
    config = Config().declare("self", "mundlak", "beta_XY", "calibrated")
    expected = subject(
        "self", expected_uniform=["mundlak", "naive"], quantities=("log_likelihood",)
    )
    assert checks_of(config, expected)[0].streams == ("beta_XY", "log_likelihood")
    control = Config().declare("self", "mundlak", "beta_XY", "miscalibrated")
    assert checks_of(control, expected)[0].streams == ("beta_XY",)
    alone = Config().declare("self", "mundlak", "log_likelihood", "calibrated")
    assert checks_of(alone, expected)[0].streams == ("log_likelihood",)


@pytest.mark.parametrize("word", ["calibrated", "miscalibrated"])
def test_uniform_ranks_are_refused_in_fixed(word):
    config = Config().declare("fixed", "mundlak", "beta_XY", word)
    with pytest.raises(UserError, match="need not be nominal at one truth"):
        checks_of(config, subject("fixed"))


def test_contraction_is_refused_in_fixed_and_an_ordering_in_self():
    config = Config().declare("fixed", "mundlak", "beta_XY", {"contraction": 0.5})
    with pytest.raises(UserError, match="no prior to contract"):
        checks_of(config, subject("fixed"))
    config = Config().declare("self", "mundlak", "beta_XY", {"better_than": "naive"})
    with pytest.raises(UserError, match="its own datasets"):
        checks_of(config, subject("self"))


def test_every_engine_is_checked():
    both = replace(SETTINGS, engines=("nutpie", "pymc"))
    config = Config().declare("effects", "mundlak", "beta_XY", "calibrated")
    found = checks_of(config, replace(subject(estimators=("mundlak",)), settings=both))
    assert [c.engine for c in found] == ["nutpie", "pymc"]


# -- engines ------------------------------------------------------------------------------------

THREE = ("nutpie", "advi", "my/engines.py:mine")


def of_three(estimators=("mundlak", "naive"), **options):
    found = subject(estimators=estimators, **options)
    return replace(found, settings=replace(found.settings, engines=THREE))


def test_an_engine_has_a_table_of_its_own_over_what_holds_for_all(config_of):
    config = config_of("""
        [effects.mundlak]
        beta_XY = "calibrated"
        [effects.mundlak.advi]
        beta_XY = "miscalibrated"
        beta_ZY = {coverage_95 = [0.5, 0.9]}
        [effects.mundlak.mine]
        beta_XY = {calibrated = 0.2}
        [effects.naive.pathfinder]
        beta_XY = "calibrated"
    """)
    found = [(c.engine, c.quantity, str(c.expectation)) for c in checks_of(config, of_three())]
    assert found == [
        ("nutpie", "beta_XY", "calibrated within 0.1"),
        ("advi", "beta_XY", "miscalibrated, not within 0.1"),
        ("my/engines.py:mine", "beta_XY", "calibrated within 0.2"),
        ("advi", "beta_ZY", "coverage_95 in [0.5, 0.9]"),
    ]


def test_what_is_expected_is_asked_of_engines_of_which_nothing_is_declared(config_of):
    config = config_of("[self.mundlak.advi]\nbeta_XY = 'miscalibrated'")
    expected = of_three(("mundlak",), truth="self", expected_uniform=["mundlak"])
    found = [(c.engine, c.quantity) for c in checks_of(config, expected)]
    assert found == [("nutpie", ALL), ("my/engines.py:mine", ALL), ("advi", "beta_XY")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[effects.mundlak.adiv]\nbeta_XY = 'calibrated'", "Did you mean 'advi'?"),
        ("[effects.mundlak.advi]\nbeta_X = 'calibrated'", "Did you mean 'beta_XY'?"),
        ("[effects.mundlak.advi]\nbeta_XY = {better_than = 'laplace'}", "called 'laplace'"),
        (
            "[effects.mundlak.advi]\nbeta_XY = {better_than = 'naive by laplace'}",
            "no engine called 'laplace' in this run",
        ),
        ("[effects.mundlak.advi]\nbeta_XY = {better_than = 'advi'}", "better than itself"),
    ],
)
def test_engines_that_there_are_not(config_of, text, message):
    with pytest.raises(UserError) as caught:
        checks_of(config_of(text), of_three())
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("than", "expected"),
    [
        ("naive", Better("naive")),
        ("nutpie", Better("mundlak", "nutpie")),
        ("naive by nutpie", Better("naive", "nutpie")),
    ],
)
def test_an_ordering_names_an_estimator_an_engine_or_both(config_of, than, expected):
    config = config_of(f"[effects.mundlak.advi]\nbeta_XY = {{better_than = '{than}'}}")
    [check] = checks_of(config, of_three())
    assert check.expectation == expected
    assert str(check.expectation).startswith("smaller errors than ")


@pytest.mark.parametrize(
    ("text", "engine", "quantity"),
    [
        ("mundlak:advi:beta_XY=calibrated", "advi", "beta_XY"),
        ("mundlak:advi=calibrated", "advi", ALL),
        ("mundlak:mine:beta_XY=calibrated", "my/engines.py:mine", "beta_XY"),
        ("mundlak:my/engines.py:mine:beta_XY=calibrated", "my/engines.py:mine", "beta_XY"),
    ],
)
def test_the_command_line_names_engines_too(text, engine, quantity):
    config = expect(Config(), text, of_three().settings)
    assert config.declared == {"effects": {"mundlak": {engine: {quantity: "calibrated"}}}}
    assert [c.engine for c in checks_of(config, of_three())] == [engine]


# -- the command line ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "estimator", "quantity", "value"),
    [
        ("mundlak:beta_XY=calibrated", "mundlak", "beta_XY", "calibrated"),
        ("mundlak=calibrated", "mundlak", ALL, "calibrated"),
        ("mundlak:v[2]={bias = 0.1}", "mundlak", "v[2]", {"bias": 0.1}),
        ("my/models.py:mine:mu=calibrated", "my/models.py:mine", "mu", "calibrated"),
        ("mine:mu=calibrated", "my/models.py:mine", "mu", "calibrated"),
        ("mine=calibrated", "my/models.py:mine", ALL, "calibrated"),
        ("boot@repeats=50:mu={bias = 1}", "my/f.py:boot@repeats=50", "mu", {"bias": 1}),
        ("my/f.py:boot@repeats=50=calibrated", "my/f.py:boot@repeats=50", ALL, "calibrated"),
    ],
)
def test_expectations_on_the_command_line(text, estimator, quantity, value):
    names = ("mundlak", "my/models.py:mine", "my/f.py:boot@repeats=50")
    settings = replace(SETTINGS, estimators=names)
    declared = expect(Config(), text, settings).declared
    assert declared == {"effects": {estimator: {quantity: value}}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mundlak", "expect takes"),
        ("=calibrated", "expect takes"),
        ("mundalk:beta_XY=calibrated", "Did you mean 'mundlak'?"),
        ("mundlak:beta_XY={bias}", "takes a TOML table"),
    ],
)
def test_expectations_that_cannot_be_read(text, message):
    with pytest.raises(UserError) as caught:
        expect(Config(), text, SETTINGS)
    assert message in str(caught.value)


def test_a_users_estimator_is_known_by_its_name_in_its_file(config_of):
    config = config_of("[effects.mine]\nbeta_XY = 'calibrated'")
    found = checks_of(config, subject(estimators=("my/models.py:mine",)))
    assert [c.estimator for c in found] == ["my/models.py:mine"]
