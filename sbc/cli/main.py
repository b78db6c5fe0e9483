"""Parse the command line, run one command, and tell a user's mistake in one line."""

from __future__ import annotations

import argparse
import importlib
import keyword
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import sbc
from sbc.cli.help import Formatter, epilog
from sbc.cli.terminal import clean_stdout, cleaned
from sbc.plugins.errors import ExitCode, UserError, in_shell, unknown
from sbc.plugins.patience import patient

#: The order in which help lists commands; one that is new comes last.
_FIRST = (
    *("run", "check", "sweep", "design", "table", "report", "gate", "explain", "power"),
    *("list", "export", "merge", "replay", "posterior", "lecture"),
)
_ABOUT = re.compile(r'"""``sbc (?P<name>\w+)``: (?P<text>.+?)\.(?:""")?$')


def _commands() -> dict[str, str]:
    """Find every command and what it does, as the first line of its file says; none is imported."""
    found = {}
    for file in sorted(Path(__file__).parent.glob("*.py")):
        with file.open(encoding="utf-8") as lines:
            about = _ABOUT.match(next(lines, "").rstrip())
        if about:
            found[about["name"]] = about["text"]
    return {name: found[name] for name in dict.fromkeys((*_FIRST, *found))}


#: Command name to what it does; each lives in the module of its name.
COMMANDS = _commands()


#: Options that a command is asked for and another one has: what to do instead.
_ELSEWHERE = {
    ("gate", option): f"sbc gate --run fits a single run, which has no {option}: make a sweep by "
    "sbc sweep, and judge it by sbc gate DIR"
    for option in ("--vary", "--cells")
}


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints look like all others of sbc."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the whole usage."""
        raise UserError(f"{message}\n  see: {self.prog} --help")

    def check_options(self, words: Sequence[str]) -> None:
        """Refuse an option that there is not, before whatever else is wrong is told."""
        for word in words:
            if word == "--":
                return
            option = word.partition("=")[0]
            if option.startswith("--") and option not in self._option_string_actions:
                if hint := _ELSEWHERE.get((self.prog.rpartition(" ")[2], option)):
                    raise UserError(hint)
                long = [name for name in self._option_string_actions if name.startswith("--")]
                raise unknown("option", option, long)


class _PrintCompletion(argparse.Action):
    """Prints the script of a shell and ends, as ``--version`` does."""

    def __call__(self, parser: Any, namespace: Any, values: Any, flag: str | None = None) -> None:
        from sbc.cli.completion import script

        print(script(values))
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; those of the process if not given.

    Returns
    -------
    int
        The exit code, as `sbc.plugins.errors.ExitCode` lists them.
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        arguments = _parse(argv)
        _check_surroundings()
        limit = getattr(arguments, "fit_timeout", None)
        with clean_stdout(), patient(limit, in_shell):
            code = int(arguments.function(arguments))
            sys.stdout.flush()
        return code
    except UserError as mistake:
        print(f"sbc: error: {cleaned(in_shell(mistake.neutral))}", file=sys.stderr)
        return int(mistake.code)
    except KeyboardInterrupt:
        print("sbc: interrupted", file=sys.stderr)
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.OK)
    except SystemExit:  # of the parser's help
        raise
    except BaseException as problem:
        from sbc.plugins import blame

        if lacking := blame.lacks_memory(problem):
            print(f"sbc: error: {cleaned(lacking)}", file=sys.stderr)
            return int(ExitCode.USAGE)
        print(blame.told(problem), file=sys.stderr)
        return int(ExitCode.BUG)


def _check_surroundings() -> None:
    """Refuse to work where libraries cannot.

    Raises
    ------
    UserError
        Naming what is wrong with this process.
    """
    if sys.flags.optimize > 1:
        raise UserError(
            "Python runs without docstrings (-OO, or PYTHONOPTIMIZE=2), which SciPy cannot do "
            "without; use -O or PYTHONOPTIMIZE=1, or neither"
        )
    try:
        os.getcwd()
    except OSError as problem:
        raise UserError("the working directory is gone; change to one that exists") from problem


def _parse(argv: list[str]) -> Any:
    first = 2 if argv[:1] == ["--print-completion"] else 0  # its value is no command
    named = next((word for word in argv[first:] if not word.startswith("-")), None)
    if named is not None and named not in COMMANDS:
        raise unknown("command", named, COMMANDS)
    parser = chosen = Parser(
        prog="sbc",
        description="Simulation-based calibration of Bayesian estimators written in PyMC.",
        allow_abbrev=False,
        epilog=epilog(),
        formatter_class=Formatter,
    )
    parser.add_argument("--version", action="version", version=f"sbc {sbc.__version__}")
    parser.add_argument(
        "--print-completion",
        action=_PrintCompletion,
        choices=("bash", "zsh", "tcsh"),
        help="print a script that completes commands, options and names in a shell",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, text in COMMANDS.items():
        about = f"{text[0].upper()}{text[1:]}."
        how: dict[str, Any] = {"formatter_class": Formatter, "epilog": epilog(name)}
        sub = commands.add_parser(name, help=text, description=about, allow_abbrev=False, **how)
        if name == named:
            file = f"{name}_" if keyword.iskeyword(name) else name
            importlib.import_module(f"sbc.cli.{file}").configure(sub)
            chosen = sub
    chosen.check_options(argv)
    return parser.parse_args(argv)
