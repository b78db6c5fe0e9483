"""How PyTensor compiles: to exact arithmetic, and cheaply what is called a few thousand times.

Importing this module takes ``fastmath`` off PyTensor's Numba functions, for the whole process: a
switch that is set for a while would be off in another thread. With it the compiler may fuse a
product and a sum that stand in two functions if it puts one into the other, which it does or does
not as they were compiled now or loaded; without it the last bits depend on the model alone. What is
loaded is checked first.
"""

from __future__ import annotations

import os

from pytensor import config
from pytensor.compile.mode import Mode, get_mode

from sbc.plugins.compile_cache import install

config.numba__fastmath = False
if "blas__ldflags" not in os.environ.get("PYTENSOR_FLAGS", ""):
    # For code in C alone, which is not made here: looking for a library only ends in a warning.
    config.blas__ldflags = ""
install()

#: Cheap to compile, slow to run.
CHEAP = Mode(linker="py", optimizer=get_mode("FAST_COMPILE").provided_optimizer)
