"""Which kernels machine code on disk was made of: code of others is not used."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sbc.plugins import error_functions, instructions, kernels, rows

VERSION = "".join(
    hashlib.sha256(Path(str(module.__file__)).read_bytes()).hexdigest()
    for module in (kernels, error_functions, instructions, rows)
)

__all__ = ["VERSION"]
