"""The options of every command that fits: how they are declared, and what they ask for."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sbc.cli.supervise import interruptible
from sbc.fitting import asked
from sbc.fitting.engine_choice import settled
from sbc.plugins.errors import TooManyFailuresError, in_shell
from sbc.plugins.setting import Declared
from sbc.store.settings import DECLARED, Settings
from sbc.store.shard import Shard

if TYPE_CHECKING:
    from sbc.studies.request import Request

#: The order in which a command's help lists what one fit is; a setting that is new comes last.
_FIRST = (
    *("estimators", "estimands", "quantities", "generator", "truth", "data", "simulator"),
    "parameters",
)


def declare_settings(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say what one fit is, for this command and others that fit."""
    order = dict.fromkeys((*_FIRST, "engines", *DECLARED))
    for found in (DECLARED[name] for name in order if name != "datasets"):
        declare(parser, found)


def declare(parser: argparse.ArgumentParser, found: Declared) -> None:
    """Declare one setting as an option."""
    default = found.default
    shown = ",".join(default) if isinstance(default, tuple) else default
    about: dict[str, Any] = {"dest": found.option, "metavar": found.metavar}
    about["help"] = f"{found.help} (default {shown})" if shown else found.help
    if found.kind in (int, float):
        about["type"] = found.kind
    elif found.kind is dict:
        about["action"] = "append"
    parser.add_argument(found.flag, **about)


def declare_overwrite(parser: argparse.ArgumentParser) -> None:
    """Declare the option by which a run in the new one's folder gives way."""
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="with --out: replace the run that the folder holds, once the new one is there",
    )


def declare_reuse(parser: argparse.ArgumentParser) -> None:
    """Declare the option by which a run in the new one's folder is gone on with."""
    parser.add_argument(
        "--reuse",
        action="store_true",
        help="with --out: read what the folder holds of the same models, settings and versions, "
        "and fit the rest; anew if one has changed",
    )


def declare_executor(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say who fits, for this command and others that fit."""
    add = parser.add_argument
    add("--jobs", type=int, metavar="N", help="workers (default: all cores)")
    add("--cluster", metavar="ADDRESS", help="fit on a Dask cluster, as tcp://HOST:PORT")
    add("--shard", metavar="I/N", help="fit part I of N by itself; `sbc merge` joins the parts")
    add("--isolate", action="store_true", help="each worker a process: a crash costs one fit")
    add("--fit-timeout", type=float, metavar="SECONDS", help="end a fit that takes longer")
    add(
        "--max-time",
        metavar="TIME",
        help="stop after so long, as 90s, 10m or 2h; --resume continues",
    )
    add(
        "--allow-versions",
        action="store_true",
        help="with --resume: continue although packages have other versions",
    )


def prepared(arguments: argparse.Namespace) -> tuple[int, Settings]:
    """Check what was asked for, by this command or another that runs: workers and settings.

    Raises
    ------
    UserError
        For options that cannot be, alone or together.
    """
    jobs = asked.jobs_of(arguments.jobs)
    overwrite = getattr(arguments, "overwrite", False)
    asked.check_folder(arguments.out, arguments.resume, arguments.allow_versions, overwrite)
    asked.check_executor(arguments.cluster, arguments.isolate, arguments.fit_timeout)
    settings = asked.settings_asked(vars(arguments), arguments.resume)
    interruptible()
    named = arguments.engine is not None or arguments.resume is not None
    settings = settled(settings, named)
    return jobs, settings


def part_of(arguments: argparse.Namespace, settings: Settings) -> Shard:
    """Read which part of the plan to fit: the one asked for, or that of the run resumed."""
    return asked.part_of(arguments.shard, arguments.resume, settings)


@contextmanager
def executor_of(arguments: argparse.Namespace, settings: Settings) -> Iterator[dict[str, Any]]:
    """Give who fits, for this command or another that runs: `hand_out` of `loop.execute`.

    Raises
    ------
    UserError
        If options cannot be together, or a cluster cannot be used.
    """
    chosen = (arguments.cluster, arguments.isolate, arguments.fit_timeout)
    deadline = asked.deadline_of(arguments.max_time)
    with asked.executor_of(settings, *chosen) as executor:
        yield {"hand_out": executor, "deadline": deadline}


def resume_command(command: str, folder: Path) -> str:
    """Write the command by which to go on with what a folder holds."""
    return f"python -m sbc {command} --resume {shlex.quote(str(folder))}"


def with_hint(stopped: TooManyFailuresError, folder: Path) -> TooManyFailuresError:
    """Add to what stopped a command how to read its failed fits."""
    hint = f"read them: python -m sbc table {shlex.quote(str(folder))}"
    return TooManyFailuresError(f"{stopped.neutral}\n  {hint}")


def tell(request: Request) -> None:
    """Say what became of a run that may be used again."""
    if request.told:
        print(f"sbc: {in_shell(request.told)}", file=sys.stderr)


def going_on(folder: Path, without: tuple[str, ...] = ()) -> list[str]:
    """Give the words by which to go on, more carefully, with a run that has been begun."""
    dropped = {"--out", "--resume", *without}
    words = iter(word for word in sys.argv[1:] if word not in ("--overwrite", "--reuse"))
    kept = []
    for word in words:
        if word in dropped:
            next(words, None)
        elif word.partition("=")[0] not in dropped:
            kept.append(word)
    return [*kept, "--resume", str(folder), "--isolate"]
