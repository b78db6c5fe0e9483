"""Where the program starts: commands that fit are watched by a process that survives them."""

from __future__ import annotations

import os
import sys

from sbc.cli.main import main
from sbc.cli.supervise import supervised
from sbc.cli.terminal import open_streams
from sbc.fitting.workers.one_core import before_numpy
from sbc.plugins.contained import keep_descriptors

#: Commands that fit whatever their options are.
_FITTING = {"run", "sweep", "design", "lecture", "replay"}


def start() -> int:
    """Run the command that the process was started with and return the exit code."""
    before_numpy()
    open_streams()
    keep_descriptors()
    argv = sys.argv[1:]
    fits = bool(_FITTING & {*argv[:1]}) or (argv[:1] == ["gate"] and "--run" in argv)
    if fits and hasattr(os, "fork") and not {"-h", "--help"} & set(argv):
        return supervised(main, argv)
    return main(argv)
