"""Pages as a reader takes them: snippets in their order, commands as they are typed."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cached_property
from pathlib import Path

from sbc.cli.main import main

ROOT = Path(__file__).resolve().parents[2]


class Page:
    """One Markdown page of the repository, named by its path."""

    def __init__(self, name: str):
        self.name = name
        self.text = (ROOT / name).read_text(encoding="utf-8")

    @cached_property
    def snippets(self) -> list[tuple[str, str]]:
        """Give language and text of every fenced block."""
        return re.findall(r"^```(\w+)\n(.*?)^```$", self.text, flags=re.M | re.S)

    def of(self, language: str) -> list[str]:
        return [text for kind, text in self.snippets if kind == language]

    @cached_property
    def files(self) -> dict[str, str]:
        """Give the snippets that begin with a comment which names their file."""
        named = ((re.match(r"# (\S+\.\w+)\n", text), text) for _, text in self.snippets)
        return {found[1]: text for found, text in named if found}

    @cached_property
    def commands(self) -> list[str]:
        """Give the commands of its shells, those of its workflows after them."""
        typed = [command for text in self.of("sh") for command in typed_in(text)]
        return typed + re.findall(r"- run: (python .*)", "".join(self.of("yaml")))

    def prepare(self, folder: Path) -> None:
        """Lay out what its commands name: its own files and those of the repository."""
        for kept in ("docs/examples", "tests/files"):
            shutil.copytree(ROOT / kept, folder / kept)
        for name, text in self.files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")


def typed_in(shell: str) -> list[str]:
    """Give the commands of one block, without what is said of them."""
    lines = shell.replace("\\\n", " ").splitlines()
    return [line.split(" #")[0].strip() for line in lines if line.strip()]


PAGES = {
    name: Page(name)
    for name in sorted(
        str(file.relative_to(ROOT))
        for pattern in ("*.md", "docs/*.md", "reports/README.md")
        for file in ROOT.glob(pattern)
    )
}


def do(words: list[str], folder: Path, **more: str) -> str:
    """Run a command in a process of its own, which finds this Python as ``python``."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path} | more
    done = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def enter(command: str) -> tuple[int, str]:
    """Run a command in the working directory; give its exit code and what it prints."""
    words = shlex.split(command)
    if words[:3] != ["python", "-m", "sbc"]:
        return 0, do(words, Path.cwd())
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        code = main(words[3:])
    return code, shown.getvalue()
