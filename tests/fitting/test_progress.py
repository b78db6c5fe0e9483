"""Progress on a pipe is lines, on a terminal a bar."""

import io
import os
import pty
import subprocess
import sys
import termios

import pytest

from sbc.fitting import progress
from sbc.fitting.progress import Lines, bar_of

RUN = [sys.executable, "-m", "sbc", "run", "--estimator", "naive", "--datasets", "8"]
RUN += ["--draws", "400", "--tune", "300", "--jobs", "1", "--out"]


def test_a_pipe_gets_whole_lines_now_and_then(tmp_path):
    done = subprocess.run([*RUN, "run"], cwd=tmp_path, capture_output=True, check=True)
    assert b"\r" not in done.stderr
    assert done.stderr.decode().splitlines()[-1].startswith("sbc: fitting: 8 of 8 fits after ")
    assert done.stderr.count(b" of 8 fits after ") == 1  # a minute is not over


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of Unix")
def test_a_terminal_gets_a_bar(tmp_path):
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    subprocess.run([*RUN, "run"], cwd=tmp_path, stderr=theirs, stdout=theirs, check=True)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 1 << 16):
            shown += part
    except OSError:  # how Linux says that nobody writes any more
        pass
    os.close(ours)
    assert b"8/8" in shown
    assert b"\r" in shown
    assert b" fits after " not in shown


def test_lines_say_each_count_once_and_nothing_before_the_first():
    said = io.StringIO()
    bar = Lines(total=3, unit="fit", file=said, mininterval=0, miniters=1)
    bar.set_description("fitting")
    bar.refresh()
    for _ in range(3):
        bar.update()
        bar.refresh()
    bar.close()
    words = [line.partition(" after")[0] for line in said.getvalue().splitlines()]
    assert words == [f"sbc: fitting: {n} of 3 fits" for n in (1, 2, 3)]


def test_what_is_not_to_be_shown_is_not(capsys, monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 0.0)
    with bar_of(2, shown=False) as bar:
        bar.update()
    with bar_of(2, unit="dataset", words="scores") as bar:
        bar.update(2)
    said = capsys.readouterr().err
    assert said.startswith("sbc: scores: 2 of 2 datasets after ")
    assert said.count("\n") == 1
