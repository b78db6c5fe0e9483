import re
import time
from dataclasses import replace

import numpy as np
import pytest
from parsed import Page
from synthetic import SETTINGS, by_engine, calibrated, fits, make_run, scaled

from sbc.report.labels import Labels
from sbc.report.numbers import plus_minus
from sbc.report.page.fits import statuses
from sbc.report.page.page import page
from sbc.stats import metrics
from sbc.store.folder import RunFile
from sbc.store.frames import as_fits, load_run

PAIR_FIGURES = ("Rank histogram", "ECDF difference", "Coverage at every level", "Zip plot",
                "Posterior mean against truth", "z-score against contraction")  # fmt: skip
SIDE_BY_SIDE = ("Bias", "Root mean squared error", "Coverage of the 95 % interval")


def read(*runs):
    found = Page(page(runs))
    check(found)
    return found


def check(found):
    """Hold what must be true of every page."""
    assert not re.search(r"\bnan\b|\binf\b|\bNone\b", found.text)
    drawings = "".join(re.findall(r"<svg.*?</svg>", found.html, re.DOTALL))
    assert not re.search(r"\bnan\b|\binf\b", drawings)
    for _, attributes in found.elements:
        for name in ("src", "href"):
            address = attributes.get(name)
            assert address is None or address.startswith(("#", "data:")), address
    assert "http" not in found.html.replace("http-equiv", "")
    assert "@import" not in found.html
    assert not found.all("script")
    ids = [a["id"] for _, a in found.elements if "id" in a]
    assert len(ids) == len(set(ids))
    links = [a["href"][1:] for _, a in found.elements if (a.get("href") or "").startswith("#")]
    links += re.findall(r"url\(#([^)]+)\)", found.html)
    assert set(links) <= set(ids)
    for drawing in found.all("svg"):
        assert drawing["role"] == "img"
        assert len(drawing["aria-label"]) > 25
    assert found.html.count("<figcaption>") == found.html.count("<figure>")
    assert "<figcaption></figcaption>" not in found.html


def test_every_estimator_estimand_and_figure_is_there(rich):
    _, found = rich
    check(found)
    for name in ("latent", "mundlak", "naive", "beta_XY", "beta_ZY", "log_likelihood"):
        assert name in found.text
    for title in PAIR_FIGURES:
        assert found.html.count(f"<h5>{title}</h5>") == (7 if title in PAIR_FIGURES[:3] else 6)
    for title in (*SIDE_BY_SIDE, "Effective sample size", "R-hat", "Time", "Difference of RMSE",
                  "Difference of bias", "Difference of coverage"):  # fmt: skip
        assert found.html.count(f"<h5>{title}</h5>") == 1
    assert len(found.all("svg")) == 6 * 6 + 3 + 9
    order = ["The answer", "Side by side", "Each estimator and quantity", "The fits themselves",
             "Where this comes from"]  # fmt: skip
    assert sorted(order, key=found.text.index) == order


def test_every_number_is_there_with_its_error(rich):
    run, found = rich
    for _, frame in run.streams(estimands_only=True):
        values = as_fits(frame)
        for name in ("bias", "bias_sd", "rmse", "width", "contraction", "crps"):
            assert " ".join(plus_minus(*metrics.METRICS[name](values)).split()) in found.text
        share = metrics.coverage(values, kind="quantile")
        assert f"[{share.low:.2f}, {share.high:.2f}]" in found.text


def test_verdicts_shapes_and_what_is_expected_are_told(rich):
    text = rich[1].text
    assert "Uniform ranks are expected of latent alone" in text
    assert "not ranked here" in text
    assert "✗ miscalibrated" in text
    assert "? inconclusive" in text
    assert "Estimates are too high by" in text
    assert "The ranks are U-shaped." in text


def test_datasets_failures_and_features_that_are_0_or_1_are_counted(rich):
    text = rich[1].text
    assert "confound · effects · 60 datasets" in text
    assert text.count("60 fits, 3 failed , 3 retried") == 3
    assert "Share of the datasets that have a feature: degenerate 10 % [" in text
    assert "9 × nonconverged" in text
    assert "--dataset 3 --estimator latent" in text


def test_the_farthest_fits_come_with_their_commands(rich):
    run, found = rich
    results = run.results[run.results.quantity != "log_likelihood"]
    z = ((results["mean"] - results["truth"]) / results["sd"]).abs()
    far = results.loc[z.sort_values(ascending=False).index].drop_duplicates("dataset").index[:10]
    assert "The 10 datasets with the largest |z|" in found.text
    for index in far:
        row = results.loc[index]
        command = (
            f"python -m sbc replay {run.folder} --dataset {row.dataset} --estimator {row.estimator}"
        )
        assert command in found.text


def test_a_page_is_the_same_whenever_it_is_written_and_small(rich):
    run, found = rich
    assert page([run]) == found.html
    assert len(found.html.encode()) < 600_000  # 2 MB are allowed for three more pairs


def test_one_truth_has_figures_of_its_own(tmp_path):
    rows = [
        replace(row, results=tuple(
            replace(r, mean=r.mean - r.truth + 1, truth=1.0,
                    quantiles=tuple(q - r.truth + 1 for q in r.quantiles)) for r in row.results
        ))
        for row in fits({"beta_XY": calibrated(50)})
    ]  # fmt: skip
    run = load_run(make_run(tmp_path / "one", rows, replace(SETTINGS, truth="fixed")))
    found = read(run)
    assert "<h5>Posterior means</h5>" in found.html
    assert "<h5>z-score against posterior sd</h5>" in found.html
    assert "At a single truth even an exact posterior" in found.text


def test_several_runs_are_sections_of_one_page(make):
    a, b = (make(name=name, n=20, estimators=("latent",)) for name in ("first", "second"))
    found = read(a, b)
    assert found.html.count('<section class="run"') == 2
    assert {"#r1", "#r2"} <= {a.get("href") for a in found.all("a")}
    places = re.findall(r'background:var\((--c\d)\)"></span>latent', found.html)
    assert len(set(places)) == 1  # one colour wherever it appears


def test_several_engines_are_told_apart(tmp_path):
    rows = fits({"beta_XY": calibrated(30)})
    rows += [replace(row, engine="pymc") for row in fits({"beta_XY": scaled(0.5, 30)})]
    settings = replace(SETTINGS, engines=("nutpie", "pymc"), datasets=30)
    found = read(load_run(make_run(tmp_path / "two", rows, settings)))
    assert "mundlak · nutpie" in found.text
    assert "mundlak · pymc" in found.text
    assert "--engine pymc" in found.text


def test_an_approximation_shows_its_own_diagnostics_and_no_others(tmp_path):
    rows = fits({"beta_XY": calibrated(30)})
    rows += by_engine(rows, "advi", pareto_k=0.9, elbo_drift=0.1, status="poor_approximation")
    settings = replace(SETTINGS, engines=("nutpie", "advi"), datasets=30)
    found = read(load_run(make_run(tmp_path / "two", rows, settings)))
    for title in ("Effective sample size", "R-hat", "Pareto k̂", "Drift of the ELBO"):
        assert found.html.count(f"<h5>{title}</h5>") == 1
    ess = next(svg["aria-label"] for svg in found.all("svg") if "Effective" in svg["aria-label"])
    assert "nutpie" in ess
    assert "advi" not in ess
    _, advi = statuses(
        load_run(tmp_path / "two"), Labels({"mundlak": 0}, {"mundlak": "m"}, frozenset({"mundlak"}))
    )
    cells = dict(advi["cells"])
    assert (cells["low ESS"], cells["divergences"]) == ("–", "–")
    assert (cells["k̂ > 0.7"], cells["median k̂"], cells["ELBO drift"]) == ("30", "0.90", "0.10")


def test_what_users_name_is_escaped(tmp_path):
    name = "my/<script>alert(1)</script>.py:a\"b'$x_1$&{{ 7*7 }}"
    rows = fits({"beta<img src=x>": calibrated(30)}, estimator=name)
    error = "ValueError: <img src=http://example.org onerror=alert(1)> \x00\x1b[31m \ud800 & more"
    rows.append(replace(rows[0], dataset=30, status="error", error=error, results=()))
    settings = replace(SETTINGS, estimators=(name,), datasets=31)
    folder = make_run(tmp_path / "<b>bold</b>", rows, settings)
    html = page([load_run(folder)])
    found = Page(html)
    assert not found.all("script")
    assert not found.all("img")
    assert not found.all("b", "bold")
    assert "{{ 7*7 }}" in found.text
    assert "<img src=http://example.org onerror=alert(1)>" in found.text
    assert "\x00" not in html
    html.encode()


def empty(tmp_path, rows=()):
    return load_run(make_run(tmp_path / "run", rows, replace(SETTINGS, datasets=5)))


def test_an_empty_run_says_so(tmp_path):
    found = read(empty(tmp_path))
    assert "holds no fits yet" in found.text
    assert "? inconclusive no fits yet" in found.text
    assert not found.all("svg")


def test_one_dataset_says_so(tmp_path):
    found = read(empty(tmp_path, fits({"beta_XY": np.array([0.4])})))
    assert "One dataset says nothing about calibration" in found.text
    assert "Too few fits for figures." in found.text


@pytest.mark.parametrize("n", [2, 3, 7])
def test_few_datasets_are_no_trouble(tmp_path, n):
    found = read(empty(tmp_path, fits({"beta_XY": calibrated(n)})))
    assert "Rank histogram" in found.html


def test_one_estimator_has_no_differences(make):
    found = read(make(estimators=("latent",)))
    assert "On the same datasets" not in found.text


def test_failures_alone_say_so(tmp_path):
    rows = fits({"beta_XY": calibrated(5)}, failed=range(5))
    rows[0] = replace(rows[0], status="error", error="ValueError: the very reason")
    found = read(empty(tmp_path, rows))
    assert "Every fit of this run failed" in found.text
    assert "the very reason" in found.text
    assert "did not converge in any attempt" in found.text
    assert "no fit has worked" in found.text


def test_an_unfinished_run_says_so(tmp_path):
    assert (
        "not finished: 3 of 5 fits" in read(empty(tmp_path, fits({"beta_XY": calibrated(3)}))).text
    )


def test_a_calibrated_page_has_no_sentence(make):
    assert 'class="words"' not in read(make(n=100, estimators=("latent",))).html


def synthetic_run(n, estimators=5):
    """Give a run as `load_run` would, without the store in between."""
    import pandas as pd
    from scipy.special import ndtri

    from sbc.store.frames import Run
    from sbc.store.rows import PROBABILITIES

    rng = np.random.default_rng(0)
    names = tuple(f"estimator_{i}" for i in range(estimators))
    frames = []
    for i, name in enumerate(names):
        for quantity in ("beta_XY", "beta_ZY"):
            truth, u = np.random.default_rng(7).normal(size=n), rng.uniform(size=n)
            mean = truth - 0.3 * ndtri(u) + 0.05 * i
            columns = {"dataset": np.arange(n), "estimator": name, "engine": "nutpie"}
            columns |= {"quantity": quantity, "truth": truth, "mean": mean, "sd": 0.3, "pit": u}
            columns["ties"] = 0
            columns |= {
                "q" + f"{p:g}"[2:].ljust(2, "0"): mean + 0.3 * ndtri(p) for p in PROBABILITIES
            }
            columns |= {"crps": 0.1, "ess_bulk": rng.uniform(300, 900, n), "ess_tail": 500.0}
            frames.append(pd.DataFrame(columns | {"rhat": rng.uniform(1, 1.01, n)}))
    results = pd.concat(frames, ignore_index=True)
    fit = pd.DataFrame(
        [(k, name) for name in names for k in range(n)], columns=["dataset", "estimator"]
    )
    fit = fit.assign(engine="nutpie", status="ok", error="", attempt=0, divergences=0, seconds=0.1)
    fit = fit.assign(pareto_k=np.nan, elbo_drift=np.nan)
    settings = replace(SETTINGS, estimators=names, datasets=n)
    return Run, settings, fit, results


@pytest.mark.parametrize(
    ("few", "many", "estimators"),
    [(500, 3000, 1), pytest.param(1000, 20_000, 5, marks=pytest.mark.slow)],
)
def test_a_page_about_many_fits_is_no_larger_and_takes_seconds(make, few, many, estimators):
    shell = make(n=2, estimators=("latent",))
    sizes = {}
    for n in (few, many):
        run_type, *rest = synthetic_run(n, estimators)
        run = run_type(shell.folder, RunFile(shell.provenance | {"estimands": {}}), *rest)
        began = time.process_time()
        sizes[n] = len(page([run]).encode())
        seconds = time.process_time() - began
    assert sizes[many] < 1.03 * sizes[few]
    assert sizes[many] < 2e6
    assert seconds < 30  # some 7 s of an idle core for 10 pairs
