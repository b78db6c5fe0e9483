"""Two processes on one run: the second is refused while the first lives, and not after."""

import subprocess
import sys

import pytest

from sbc.plugins.errors import UserError
from sbc.store import lock
from sbc.store.database import Store
from sbc.store.lock import LOCK_FILE

HOLD = (
    "import sys\n"
    "from pathlib import Path\n"
    "from sbc.store.database import Store\n"
    "store = Store.open(Path(sys.argv[1]), write=True)\n"
    "print('ready', flush=True); sys.stdin.readline()\n"
)


def test_a_second_writer_is_refused_while_the_first_lives_and_not_after(
    new_run, new_fit, monkeypatch
):
    folder = new_run([new_fit(0)])
    monkeypatch.setattr(lock, "PATIENCE", 0.0)
    first = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with first:
        assert first.stdout.readline() == "ready\n"
        words = rf"another process \({first.pid}\) writes {folder}; wait until it has ended"
        with pytest.raises(UserError, match=words):
            Store.open(folder, write=True)
        with Store.open(folder) as reader:  # readers are always welcome
            assert len(reader.done()) == 1
        first.kill()
    assert (folder / LOCK_FILE).exists()  # which locks nothing
    with Store.open(folder, write=True) as second:
        second.add(new_fit(1))
    assert not (folder / LOCK_FILE).exists()


def test_a_lock_is_free_for_the_next_when_released(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "PATIENCE", 0.0)
    for _ in range(3):
        held = lock.Lock(tmp_path)
        with pytest.raises(UserError, match="another process"):
            lock.Lock(tmp_path)
        held.release()
        held.release()  # twice is once
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(UserError, match=r"cannot write to .*: No such file or directory"):
        lock.Lock(tmp_path / "nowhere")
