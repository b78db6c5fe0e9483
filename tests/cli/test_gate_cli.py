"""``sbc gate`` and ``sbc power`` as a user meets them: exit codes, files, running until decided."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from synthetic import SETTINGS, calibrated, fits, make_run, scaled, shifted

from sbc.cli.main import main
from sbc.fitting import loop
from sbc.gates import files as gate_files
from sbc.gates import words as gate_output
from sbc.gates.config import Config, expect
from sbc.gates.gate import judge_run
from sbc.store.frames import load_run

EXPECT = ("--expect", "mundlak:beta_XY=calibrated")


@pytest.fixture(autouse=True)
def _outside_of_github(monkeypatch):
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


@pytest.fixture
def folder_of(tmp_path):
    def make(u, name="run", **options):
        return str(make_run(tmp_path / name, fits({"beta_XY": u}, **options)))

    return make


# -- exit codes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("u", "options", "arguments", "code"),
    [
        (calibrated(), {}, EXPECT, 0),
        (scaled(0.5), {}, EXPECT, 1),
        (shifted(0.25), {}, (*EXPECT, "--delta", "0.07"), 3),
        (calibrated(), {"failed": range(0, 200, 25)}, (*EXPECT, "--delta", "0.07"), 3),
        (calibrated(), {"failed": [5, 100]}, EXPECT, 0),
        (calibrated(), {"failed": range(0, 200, 6)}, (*EXPECT, "--delta", "0.4"), 4),
        (scaled(0.3), {"failed": range(0, 200, 6)}, EXPECT, 1),
        (calibrated(), {}, ("--expect", "mundlak:beta_XY=miscalibrated"), 1),
        (scaled(0.5), {}, ("--expect", "mundlak:beta_XY=miscalibrated"), 0),
        (calibrated(), {}, (), 2),
        (calibrated(), {}, ("--expect", "mundalk:beta_XY=calibrated"), 2),
        (calibrated(), {}, (*EXPECT, "--preset", "daily"), 2),
    ],
)
def test_exit_codes(folder_of, capsys, u, options, arguments, code):
    assert main(["gate", folder_of(u, **options), *arguments]) == code
    shown = capsys.readouterr()
    assert ("sbc: error:" in shown.err) == (code == 2)
    words = {0: "gate: PASS", 1: "gate: FAIL", 3: "gate: INCONCLUSIVE", 4: "too many fits failed"}
    assert words.get(code, "") in shown.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing to judge: with --truth effects"),
        (("--jobs", "2"), "--jobs goes with --run"),
        (("--tolerance", "0.2"), "--tolerance goes with --baseline"),
        (("--tolerance", "-1"), "must be above 0"),
        (("--config", "no.toml"), "cannot read no.toml"),
        (("--alpha-fail", "0"), "alpha_fail must lie between 0 and 1"),
        (("--baseline", "nowhere"), "no folder nowhere"),
        ((*EXPECT, "--json", "no/such/folder.json"), "cannot write no/such/folder.json"),
    ],
)
def test_mistakes_are_told_in_a_line(folder_of, capsys, arguments, message):
    assert main(["gate", folder_of(calibrated()), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_folder_or_run_is_needed_and_not_both(folder_of, capsys):
    assert main(["gate"]) == 2
    assert "name the folder of a run" in capsys.readouterr().err
    assert main(["gate", folder_of(calibrated()), "--run"]) == 2
    assert "--run makes a new run" in capsys.readouterr().err
    assert main(["gate", "--run", "--datasets", "3"]) == 2
    assert "--max-datasets" in capsys.readouterr().err


def test_uniform_ranks_are_refused_in_fixed(tmp_path, capsys):
    settings = replace(SETTINGS, truth="fixed")
    folder = make_run(tmp_path / "run", fits({"beta_XY": calibrated()}), settings)
    assert main(["gate", str(folder), *EXPECT]) == 2
    assert "need not be nominal at one truth" in capsys.readouterr().err
    assert main(["gate", str(folder), "--expect", "mundlak:beta_XY={bias = 0.2}"]) == 0


# -- what is looked at ---------------------------------------------------------------------------


def test_what_is_expected_is_asked_for_without_a_config(tmp_path, capsys):
    settings = replace(SETTINGS, truth="self")
    streams = {"beta_XY": calibrated(), "log_likelihood": calibrated(seed=1)}
    rows = fits(streams, source="mundlak")
    folder = make_run(tmp_path / "run", rows, settings, expected_uniform=["mundlak"])
    assert main(["gate", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "mundlak all: calibrated within 0.1" in shown
    assert "uniform ranks are expected, so that any departure is a fault" in shown


def test_the_log_likelihood_alone_finds_a_posterior_that_ignores_the_data(tmp_path, capsys):
    settings = replace(SETTINGS, truth="self")
    streams = {"beta_XY": calibrated(), "log_likelihood": scaled(0.3)}
    rows = fits(streams, source="mundlak")
    folder = make_run(tmp_path / "run", rows, settings, expected_uniform=["mundlak"])
    assert main(["gate", str(folder), *EXPECT]) == 1
    assert "log_likelihood: bias" in capsys.readouterr().out


def test_verdicts_outside_of_self_are_declarations(folder_of, capsys):
    main(["gate", folder_of(calibrated()), *EXPECT])
    assert "A verdict describes how well the estimator does" in capsys.readouterr().out


def test_presets_bound_the_datasets(tmp_path, capsys):
    folder = make_run(tmp_path / "run", fits({"beta_XY": shifted(0.4, 300)}))
    for arguments, n in ((("--preset", "smoke"), 200), (("--max-datasets", "100"), 100)):
        main(["gate", str(folder), *EXPECT, "--delta", "0.1", *arguments])
        decided = re.search(r"(\d+) datasets", capsys.readouterr().out)
        assert int(decided[1]) <= n


def test_the_order_of_rows_in_the_store_does_not_matter(tmp_path, capsys):
    rows = fits({"beta_XY": shifted(0.2)}, failed=[3, 50])
    texts = []
    for name, order in (("a", rows), ("b", rows[::-1])):
        main(["gate", str(make_run(tmp_path / name, order)), *EXPECT])
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]


def test_a_gap_ends_what_is_judged(tmp_path, capsys):
    rows = fits({"beta_XY": calibrated()})
    folder = make_run(tmp_path / "run", rows[:20] + rows[21:])
    assert main(["gate", str(folder), *EXPECT]) == 3
    assert "not decided after 20 datasets: " in capsys.readouterr().out


def test_a_config_is_read(folder_of, tmp_path, capsys):
    (tmp_path / "gates.toml").write_text("[effects.mundlak]\nbeta_XY = {bias = 0.2}\n")
    arguments = ["--config", str(tmp_path / "gates.toml")]
    assert main(["gate", folder_of(calibrated()), *arguments]) == 0
    assert "mundlak beta_XY: |bias| ≤ 0.2" in capsys.readouterr().out


def test_failed_fits_that_go_with_the_truth_are_told(tmp_path, capsys):
    rows = fits({"beta_XY": calibrated()})
    bad = [k for k, row in enumerate(rows) if row.truth["beta_XY"] > 1.5]
    folder = make_run(tmp_path / "run", fits({"beta_XY": calibrated()}, failed=bad))
    main(["gate", str(folder), *EXPECT])
    assert "Whether a fit fails depends on the truth of beta_XY" in capsys.readouterr().out


# -- files ---------------------------------------------------------------------------------------


def test_json_markdown_and_junit(folder_of, tmp_path, capsys):
    files = {kind: tmp_path / f"gate.{kind}" for kind in ("json", "markdown", "junit")}
    options = [word for kind, file in files.items() for word in (f"--{kind}", str(file))]
    folder = folder_of(scaled(0.5))
    assert main(["gate", folder, *EXPECT, *options]) == 1
    value = json.loads(files["json"].read_text())
    assert (value["outcome"], value["exit_code"], value["truth"]) == ("fail", 1, "effects")
    assert value["checks"][0]["decided_at"] == 24
    assert value["fits"][0]["failed"] == 0
    assert "| **FAIL** | mundlak | beta_XY |" in files["markdown"].read_text()
    suite = ET.parse(files["junit"]).getroot()
    assert suite.attrib | {"name": "sbc gate", "time": ""} == {
        "name": "sbc gate", "tests": "2", "failures": "1", "errors": "0", "time": "",
    }  # fmt: skip
    cases = suite.findall("testcase")
    assert cases[0].get("classname") == "sbc.effects.mundlak"
    assert "posterior sds" in cases[0].find("failure").text
    assert cases[1].find("failure") is None


@pytest.mark.parametrize(
    ("u", "failures", "errors"), [(calibrated(), 0, 0), (scaled(0.5), 1, 0), (shifted(0.25), 0, 1)]
)
def test_junit_counts(tmp_path, u, failures, errors):
    made = load_run(make_run(tmp_path / "run", fits({"beta_XY": u})))
    gate = judge_run(made, expect(Config(delta=0.07), EXPECT[1], made.settings))
    suite = ET.fromstring(gate_files.as_junit(gate))
    assert (suite.get("failures"), suite.get("errors")) == (str(failures), str(errors))


def test_names_of_any_kind_are_escaped(tmp_path):
    name = 'odd\x00<&>"|\u2028\x1b[0m.py:model\ud800'
    made = load_run(make_run(tmp_path / "run", fits({"beta_XY": calibrated()})))
    gate = judge_run(made, expect(Config(), EXPECT[1], made.settings))
    check = replace(gate.verdicts[0].check, estimator=name)
    odd = replace(
        gate,
        verdicts=(replace(gate.verdicts[0], check=check, outcome="fail"),),
        failures=tuple(replace(f, estimator=name) for f in gate.failures),
    )
    suite = ET.fromstring(gate_files.as_junit(odd))
    assert suite.find("testcase").get("classname").startswith('sbc.effects.odd\ufffd<&>"|')
    assert "\\|" in gate_output.markdown(odd)
    assert json.loads(gate_files.as_json(odd))["checks"][0]["estimator"] == name
    for words in (gate_files.as_json(odd), gate_output.markdown(odd), gate_files.as_junit(odd)):
        gate_files.write(tmp_path / "odd", words)
    ET.parse(tmp_path / "odd")


def test_github_gets_a_summary_and_annotations(folder_of, tmp_path, capsys, monkeypatch):
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for name, u, level in (("a", scaled(0.5), "error"), ("b", shifted(0.25), "warning")):
        main(["gate", folder_of(u, name), *EXPECT, "--delta", "0.07"])
        lines = capsys.readouterr().out.splitlines()
        found = [line for line in lines if line.startswith("::")]
        assert [line.partition(" ")[0] for line in found] == [f"::{level}", "::notice"]
        assert "%0A" in found[0]
    text = summary.read_text()
    assert text.startswith("before\n")
    assert text.count("### gate:") == 2


def test_annotations_escape_what_github_reads():
    assert gate_output._annotation("error", "5 %\r\nnext") == (
        "::error title=sbc gate::5 %25%0D%0Anext"
    )


def test_baseline(tmp_path, capsys):
    streams = {"beta_XY": calibrated(100)}
    old = make_run(tmp_path / "old", fits(streams))
    moved = make_run(tmp_path / "moved", fits(streams, shift=0.1))
    assert main(["gate", str(old), "--baseline", str(old)]) == 0
    assert main(["gate", str(moved), "--baseline", str(old)]) == 1
    assert "moved by +0.333" in capsys.readouterr().out
    assert main(["gate", str(moved), "--baseline", str(old), "--tolerance", "0.5"]) == 0


# -- while running -------------------------------------------------------------------------------


@pytest.fixture
def fake_execute(monkeypatch):
    """Let runs fill their stores from given streams instead of sampling; give the calls."""
    calls = []

    def install(streams, **options):
        def execute(settings, store, jobs, progress=True, hand_out=None, deadline=None):
            calls.append((settings.estimators, settings.datasets))
            done = store.done()
            for name in settings.estimators:
                for row in fits({"beta_XY": streams[name]}, estimator=name, **options):
                    if (
                        row.dataset < settings.datasets
                        and (row.dataset, name, "nutpie") not in done
                    ):
                        store.add(row)

        monkeypatch.setattr(loop, "execute", execute)
        return calls

    return install


def gate_running(tmp_path, *arguments):
    return main(
        ["gate", "--run", "--out", str(tmp_path / "run"), "--delta", "0.07", *EXPECT, *arguments]
    )


def test_it_stops_when_the_answer_is_known(tmp_path, fake_execute, capsys):
    calls = fake_execute({"mundlak": calibrated(1000)})
    assert gate_running(tmp_path, "--max-datasets", "1000") == 0
    assert [n for _, n in calls] == list(range(25, calls[-1][1] + 1, 25))
    assert calls[-1][1] < 300
    shown = capsys.readouterr()
    assert "run folder:" in shown.out
    assert "25 datasets: 0 of 1 checks decided" in shown.err
    assert load_run(tmp_path / "run").settings.datasets == calls[-1][1]


def test_it_gives_the_verdict_of_the_whole_run(tmp_path, fake_execute, capsys):
    fake_execute({"mundlak": scaled(0.8, 400)})
    gate_running(tmp_path, "--max-datasets", "400")
    while_running = capsys.readouterr().out.partition("\nfits of")[0]
    whole = make_run(tmp_path / "whole", fits({"beta_XY": scaled(0.8, 400)}))
    main(["gate", str(whole), *EXPECT, "--delta", "0.07", "--max-datasets", "400"])
    assert capsys.readouterr().out.partition("\nfits of")[0] == while_running


def test_it_gives_up_at_the_most(tmp_path, fake_execute, capsys):
    calls = fake_execute({"mundlak": shifted(0.25, 200)})
    assert gate_running(tmp_path, "--max-datasets", "60") == 3
    assert [n for _, n in calls] == [25, 50, 60]


def test_it_goes_on_with_a_run(tmp_path, fake_execute):
    calls = fake_execute({"mundlak": calibrated(1000)})
    assert gate_running(tmp_path, "--max-datasets", "50") == 3
    arguments = ["gate", "--run", "--resume", str(tmp_path / "run"), "--delta", "0.07", *EXPECT]
    assert main([*arguments, "--max-datasets", "400", "--quiet"]) == 0
    assert calls[2][1] == 50


def test_it_goes_on_with_what_was_asked(tmp_path, fake_execute, capsys):
    fake_execute({"mundlak": calibrated(1000)})
    assert gate_running(tmp_path, "--max-datasets", "50") == 3
    words = ["gate", "--run", "--resume", str(tmp_path / "run"), "--max-datasets", "400"]
    assert main([*words, "--quiet"]) == 0
    alone = capsys.readouterr().out
    assert "PASS          mundlak beta_XY: calibrated within 0.07" in alone
    assert main([*words, "--quiet", "--delta", "0.07", *EXPECT]) == 0
    told = capsys.readouterr().out
    assert told.endswith(alone.rpartition("gate: ")[2])
    # what is named counts
    assert main([*words, "--quiet", "--expect", "mundlak:beta_XY=miscalibrated"]) != 0
    assert "miscalibrated" in capsys.readouterr().out


def test_a_comparison_is_gone_on_with(tmp_path, fake_execute, capsys):
    calls = fake_execute({"mundlak": calibrated(1000)})
    before = str(make_run(tmp_path / "before", fits({"beta_XY": calibrated(60)})))
    asked = ["--baseline", before, "--tolerance", "0.05"]
    assert gate_running(tmp_path, *asked, "--max-datasets", "25", "--quiet") in (0, 3)
    del calls[:]
    capsys.readouterr()
    words = ["gate", "--run", "--resume", str(tmp_path / "run"), "--max-datasets", "60"]
    main([*words, "--quiet"])
    told = capsys.readouterr().out
    assert "within 0.05" in told
    assert before in (tmp_path / "run" / "gate.json").read_text()


def test_a_run_that_no_gate_made_is_asked_nothing_by_itself(tmp_path, fake_execute, capsys):
    fake_execute({"mundlak": calibrated(1000)})
    folder = str(make_run(tmp_path / "run", fits({"beta_XY": calibrated(30)})))
    assert main(["gate", folder, *EXPECT]) == 3
    assert main(["gate", "--run", "--resume", folder, "--quiet"]) == 2
    assert "nothing to judge" in capsys.readouterr().err


def test_estimators_that_are_decided_are_not_fitted_on(tmp_path, fake_execute):
    calls = fake_execute({"mundlak": calibrated(1000), "naive": scaled(0.3, 1000)})
    arguments = ["--estimator", "naive,mundlak", "--expect", "naive:beta_XY=miscalibrated"]
    assert gate_running(tmp_path, *arguments, "--max-datasets", "500", "--quiet") == 0
    assert calls[0][0] == ("naive", "mundlak")
    assert calls[-1][0] == ("mundlak",)


def test_going_on_does_not_fit_what_is_decided(tmp_path, fake_execute):
    calls = fake_execute({"mundlak": calibrated(1000), "naive": scaled(0.3, 1000)})
    arguments = ["--estimator", "naive,mundlak", "--expect", "naive:beta_XY=miscalibrated"]
    assert gate_running(tmp_path, *arguments, "--max-datasets", "50", "--quiet") == 3
    before = len(calls)
    arguments = ["gate", "--run", "--resume", str(tmp_path / "run"), "--delta", "0.07", *EXPECT]
    arguments += ["--expect", "naive:beta_XY=miscalibrated", "--max-datasets", "400", "--quiet"]
    assert main(arguments) == 0
    assert {names for names, _ in calls[before:]} == {("mundlak",)}
    calls.clear()
    assert main(arguments) == 0
    assert calls == []


def test_it_stops_when_too_many_fits_fail(tmp_path, fake_execute):
    calls = fake_execute({"mundlak": calibrated(1000)}, failed=range(0, 1000, 2))
    assert gate_running(tmp_path, "--max-datasets", "1000", "--quiet") == 4
    assert calls[-1][1] < 200


def test_nothing_is_fitted_if_nothing_is_expected(tmp_path, fake_execute, capsys):
    calls = fake_execute({"mundlak": calibrated(100)})
    assert main(["gate", "--run", "--out", str(tmp_path / "run")]) == 2
    assert "nothing to judge" in capsys.readouterr().err
    assert calls == []
    assert not (tmp_path / "run").exists()


def test_with_a_baseline_it_stops_where_that_ends(tmp_path, fake_execute):
    old = make_run(tmp_path / "old", fits({"beta_XY": calibrated(1000)}, shift=0.03)[:60])
    calls = fake_execute({"mundlak": calibrated(1000)})
    folder = str(tmp_path / "run")
    code = main(["gate", "--run", "--out", folder, "--baseline", str(old), "--quiet"])
    assert code == 3
    assert calls[-1][1] == 75


def test_a_verdict_with_the_real_sampler(tmp_path, capsys):
    file = "tests/files/normal_mean.py"
    code = main(
        ["gate", "--run", "--generator", f"{file}:normal_world", "--estimator",
         f"{file}:normal_mean", "--preset", "smoke", "--out", str(tmp_path / "run"), "--quiet"]
    )  # fmt: skip
    assert code == 0
    assert "normal_mean all: calibrated within 0.14" in capsys.readouterr().out


# -- power ---------------------------------------------------------------------------------------


def test_power_says_what_happens_and_when(capsys):
    assert main(["power", "--sd", "0.5", "--preset", "smoke", "--studies", "100"]) == 0
    shown = capsys.readouterr().out
    assert "fails         100.0 % ± 0.0" in shown
    assert "up to 200 datasets" in shown
    assert 15 < int(re.search(r"chance of 80%: (\d+) datasets", shown)[1]) < 50


def test_power_says_when_a_gate_forgives(capsys):
    main(["power", "--bias", "0.2", "--delta", "0.2", "--max-datasets", "100", "--studies", "100"])
    shown = capsys.readouterr().out
    assert "no number of datasets will do" in shown
    assert re.search(r"tolerates less would need \d+ datasets", shown)


def test_power_of_more_streams_and_another_level(capsys):
    needed = []
    for arguments in (("--level", "0.5"), ("--level", "0.9"), ("--streams", "20")):
        main(["power", "--sd", "0.6", "--studies", "100", *arguments])
        needed.append(int(re.search(r"(\d+) datasets$", capsys.readouterr().out.strip())[1]))
    assert needed[0] < needed[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--sd", "0"), "positive sd ratio"),
        (("--level", "1"), "between 0 and 1"),
        (("--preset", "daily"), "no preset called 'daily'"),
        (("--streams", "0"), "at least one"),
        (("--studies", "1"), "two studies"),
        (("--seed", "-1"), "at least 0"),
    ],
)
def test_power_tells_mistakes_in_a_line(capsys, arguments, message):
    assert main(["power", *arguments]) == 2
    assert message in capsys.readouterr().err
