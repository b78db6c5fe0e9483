"""Every command of README and docs, in the order in which a reader meets them."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest
from pages import PAGES, ROOT, enter, typed_in

from sbc.store.frames import load_run

#: What the commands of a page begin with that take minutes, and run in the slow lane.
SLOW = {
    "docs/ci.md": ("python",),
    "docs/python.md": ("python",),
    "docs/causes.md": ("python",),
    "docs/engines.md": ("python -m sbc run --estimator", "new", "old"),
    "docs/own-generators.md": ("python",),
    "docs/proof.md": ("python",),
    "docs/quick-start.md": ("python",),
    "docs/relhaz.md": ("python",),
    "docs/simulation-study.md": ("python",),
    "docs/sweeps.md": (
        "python -m sbc design",
        "python -m sbc sweep --estimator naive,mundlak --vary sd_U=0,2 ",
        *(
            f"python -m sbc {verb} factorial"
            for verb in (*("table", "gate", "export", "replay", "posterior"),)
        ),
    ),
}
#: Pages whose Python is run as well, between their commands, where it stands.
WITH_PYTHON = ("README.md", "docs/comparing.md", "docs/quick-start.md")
#: How many steps of a page are long.
LONG = {
    "docs/causes.md": 5,
    "docs/ci.md": 5,
    "docs/python.md": 1,
    "docs/engines.md": 5,
    "docs/own-generators.md": 3,
    "docs/proof.md": 4,
    "docs/quick-start.md": 3,
    "docs/relhaz.md": 2,
    "docs/simulation-study.md": 3,
    "docs/sweeps.md": 8,
}
#: The folder that a command writes, where it is meant to end with another code than 0.
CODES = {"schools-centred": 4, "schools-misread": 1, "slope-wrong": 1}
#: Commands that need a machine of their own, and where they are tested.
ELSEWHERE = {
    "make ": "test_make_targets_exist_and_ci_calls_them",
    "pip ": "test_jobs.py",
    "dask ": "test_jobs.py",
    "python -m sbc run --estimator naive --datasets 30 --cluster": "test_jobs.py",
    "python -m sbc lecture": "tests/studies/lecture",
    "python -m sbc report location --field": "test_field.py",
    "python -m sbc sweep --datasets 1000": "test_relhaz_page.py",
}
#: Lines of an example's output that are the same on every machine.
SURE = re.compile(r"^(?:PASS|FAIL|INCONCLUSIVE|generator |gate: |prior SBC).*", flags=re.M)

#: What a page promises of the output of its commands besides, as patterns.
PROMISED = {
    "docs/causes.md": (
        "No difference found",
        "The cause is the likelihood of effect: the generator's values of effect are spread less",
        "the ranks of total, log_likelihood are miscalibrated",
    ),
    "docs/sweeps.md": (
        "180 fits in all",
        r"^\d+,1\.5,confound,effects,False,mundlak,nutpie,beta_XY",
    ),
    "docs/own-models.md": (r"theta\[3\]",),
    "docs/posterior-sbc.md": (
        r"truth 'posterior', data docs/examples/reedfrogs.csv:\n  uniform ranks are expected of",
    ),
}


def commands(page, slow):
    beginnings = SLOW.get(page.name, ())
    return [
        command
        for command in page.commands
        if not command.startswith(tuple(ELSEWHERE)) and command.startswith(beginnings) == slow
    ]


def code_of(command):
    out = re.search(r"--out (\S+)", command)
    return CODES.get(out[1], 0) if out else 0


def steps_of(page, language, text):
    """Give what a block asks a reader to do: commands, or Python that stands in no file."""
    if language == "sh":
        return [("sh", command) for command in typed_in(text)]
    alone = page.name in WITH_PYTHON and text not in page.files.values()
    return [("python", text)] if language == "python" and alone else []


def printed(code, names):
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        exec(code, names)
    return shown.getvalue()


def walk(page, slow, folder, monkeypatch):
    """Run a page's commands in one folder; give what each printed."""
    page.prepare(folder)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    if "DIR" in page.text:  # stands for any run folder
        assert enter("python -m sbc run --estimator naive --datasets 60 --quiet --out DIR")[0] == 0
    shown, names, mine = {}, {}, commands(page, slow)
    steps = [step for language, text in page.snippets for step in steps_of(page, language, text)]
    for language, command in [*steps, *(("sh", c) for c in mine if ("sh", c) not in steps)]:
        if language == "python":
            shown[command] = printed(command, names)
            continue
        if command not in mine:
            continue
        typed = command.replace(" [DIR ...]", "")
        typed = re.sub("^(?:old|new)/bin/", "", typed)  # two installations, for which one stands
        code, shown[command] = enter(typed)
        assert code == code_of(command), f"{command}\n{shown[command]}"
        written = re.search(r"--out (\S+)", typed)
        assert written is None or Path(written[1]).exists()
    return shown


def after_gates(shown):
    """Compare the first example with what comes, and look for what the workflow uploads."""
    verdicts = re.compile(r"^(?:PASS|FAIL|INCONCLUSIVE|generator).*", flags=re.M)
    (example,) = PAGES["docs/gates.md"].of("text")
    assert verdicts.findall(example) == verdicts.findall(next(iter(shown.values())))
    assert len(shown) == 9
    assert Path("gate.xml").exists()


def after_cluster(shown):
    assert "shard" not in list(shown.values())[-1]
    assert len(load_run(Path("whole")).fits) == 30


def after_sweeps(shown):
    assert "<svg" in Path("map.html").read_text(encoding="utf-8")


def after_readme(shown):
    assert len(PAGES["README.md"].commands) >= 8
    assert {c.split()[0] for c in PAGES["README.md"].commands} == {"make", "pip", "python"}
    assert len(PAGES["README.md"].text.splitlines()) < 150


def test_the_quick_start_begins_as_the_readme_does():
    model, *_ = PAGES["README.md"].of("python")
    assert PAGES["docs/quick-start.md"].of("python")[0] == model


def after_import(shown):
    assert PAGES["docs/import.md"].of("text")[0] == "".join(
        (ROOT / "docs/examples/location.csv").read_text().splitlines(keepends=True)[:3]
    )
    assert "gain in precision %" in "\n".join(shown.values())
    assert Path("location/table.csv").exists()
    assert load_run(Path("ranks")).expected_uniform == ["conjugate"]


AFTER = {
    "docs/import.md": after_import,
    "docs/gates.md": after_gates,
    "docs/cluster.md": after_cluster,
    "docs/sweeps.md": after_sweeps,
    "README.md": after_readme,
}


@pytest.mark.parametrize("name", [name for name in PAGES if commands(PAGES[name], slow=False)])
def test_every_command_does_what_its_page_says(name, tmp_path, monkeypatch):
    shown = walk(PAGES[name], False, tmp_path, monkeypatch)
    said = "\n".join(shown.values())
    missing = [line for text in PAGES[name].of("text") for line in SURE.findall(text)
               if line not in said]  # fmt: skip
    assert missing == []
    assert all(re.search(promised, said, re.M) for promised in PROMISED.get(name, ()))
    silent = ("--quiet", "sbc.run(", "run.report(")
    assert all(said.strip() or any(s in command for s in silent) for command, said in shown.items())
    AFTER.get(name, lambda shown: None)(shown)
    # What a page asks pytest to run is run, and not deselected.
    assert all(
        re.search(r"\b3 passed", out) for command, out in shown.items() if "pytest" in command
    )


#: How many of these there are.
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SLOW))
def test_every_long_command_does_what_its_page_says(name, tmp_path, monkeypatch):
    shown = walk(PAGES[name], True, tmp_path, monkeypatch)
    assert len(shown) == LONG[name]
    said = "\n".join(shown.values())
    if commands(PAGES[name], slow=False) == []:
        shown_there = [line for text in PAGES[name].of("text") for line in SURE.findall(text)]
        assert [line for line in shown_there if line not in said] == []
        assert all(re.search(promised, said, re.M) for promised in PROMISED.get(name, ()))
    for answer in re.findall(r"n_groups = \d+ will do", PAGES[name].text):
        assert any(answer in said for said in shown.values())


def test_no_command_of_a_page_is_left_out():
    run = {command for page in PAGES.values() for slow in (False, True)
           for command in commands(page, slow)}  # fmt: skip
    every = {command for page in PAGES.values() for command in page.commands}
    assert all(command.startswith(tuple(ELSEWHERE)) for command in every - run)
    assert len(run) >= 40


@pytest.mark.parametrize("line", [c for c in PAGES["README.md"].commands if c.startswith("make ")])
def test_make_targets_exist_and_ci_calls_them(line):
    target = line.split()[1]
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert f"make {target}" in (ROOT / ".ci" / "run").read_text()


def test_links_lead_somewhere():
    lost = [
        (name, target)
        for name, page in PAGES.items()
        for target in re.findall(r"\]\((?!http|#)([^)#]+)", page.text)
        if not ((ROOT / name).parent / target).exists()
    ]
    assert lost == []
