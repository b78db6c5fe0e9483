"""Files are written whole or not at all, through no link, and over no device."""

import os
import subprocess
import sys
import threading

import pytest

from sbc.plugins.errors import UserError
from sbc.store.publish import publish, publish_text


def listing(folder):
    return sorted(file.name for file in folder.iterdir())


def test_a_file_is_written_and_its_folder_made(tmp_path):
    file = publish_text(tmp_path / "new" / "deep" / "a.txt", "words µ\n")
    assert file.read_text(encoding="utf-8") == "words µ\n"
    assert listing(file.parent) == ["a.txt"]
    plain = tmp_path / "plain"
    plain.touch()
    assert file.stat().st_mode == plain.stat().st_mode


def test_a_link_is_replaced_and_what_it_names_is_left_alone(tmp_path):
    precious = tmp_path / "bashrc"
    precious.write_text("precious")
    link = tmp_path / "fits.csv"
    link.symlink_to(precious)
    publish_text(link, "new")
    assert precious.read_text() == "precious"
    assert not link.is_symlink()
    assert link.read_text() == "new"


def test_a_link_laid_where_the_draft_will_be_is_not_followed(tmp_path):
    precious = tmp_path / "bashrc"
    precious.write_text("precious")
    (tmp_path / f".{os.getpid()}-a.txt").symlink_to(precious)
    publish_text(tmp_path / "a.txt", "new")
    assert precious.read_text() == "precious"
    assert listing(tmp_path) == ["a.txt", "bashrc"]


def test_what_fails_leaves_the_old_file_whole_and_nothing_beside_it(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("old")

    def half(place):
        place.write_text("hal")
        raise OSError(28, "No space left on device")

    with pytest.raises(UserError, match=r"cannot write .*a\.txt: No space left on device"):
        publish(file, half)
    assert file.read_text() == "old"
    assert listing(tmp_path) == ["a.txt"]


def test_a_bug_while_writing_is_no_mistake_of_the_user_s(tmp_path):
    def broken(place):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        publish(tmp_path / "a.txt", broken)
    assert listing(tmp_path) == []


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(UserError, match="Is a directory"):
        publish_text(tmp_path / "a.txt", "new")
    (tmp_path / "b").touch()
    with pytest.raises(UserError, match="Not a directory"):
        publish_text(tmp_path / "b" / "a.txt", "new")


def test_devices_and_pipes_are_written_to_and_not_over(tmp_path):
    assert publish_text(type(tmp_path)("/dev/null"), "gone").is_char_device()
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    publish_text(pipe, "through")
    reader.join()
    assert read == ["through"]
    assert pipe.is_fifo()


def test_stdout_by_its_name_stays_what_it_is(tmp_path):
    code = (
        "from pathlib import Path; from sbc.store.publish import publish_text; "
        "publish_text(Path('/dev/stdout'), 'words')"
    )
    target = tmp_path / "out"
    with target.open("w") as out:
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True)
    assert target.read_text() == "words"
    assert os.path.islink("/dev/stdout")
