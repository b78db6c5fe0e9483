"""How PyTensor compiles what is called a few thousand times at most."""

from __future__ import annotations

from pytensor.compile.mode import Mode, get_mode

#: Cheap to compile, slow to run.
CHEAP = Mode(linker="py", optimizer=get_mode("FAST_COMPILE").provided_optimizer)
