"""Simulation-based calibration of Bayesian estimators written in PyMC."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sbc.plugins.contracts import estimator, generator
    from sbc.studies.api import load, run

__version__ = "0.1.0"

# In a bare checkout the plug-in folders are siblings of this package. An installed copy holds them
# as sbc.generators and sbc.models already, and nothing is added.
_checkout = Path(__file__).resolve().parent.parent
if (_checkout / "pyproject.toml").exists() and (_checkout / "models").is_dir():
    __path__.append(str(_checkout))

#: The Python interface, and where it stands: loaded when it is asked for, as it needs SciPy.
_OFFERED = {
    "run": "sbc.studies.api",
    "load": "sbc.studies.api",
    "estimator": "sbc.plugins.contracts",
    "generator": "sbc.plugins.contracts",
}
__all__ = ["estimator", "generator", "load", "run"]


def __getattr__(name: str) -> Any:
    if name not in _OFFERED:
        raise AttributeError(f"module 'sbc' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_OFFERED[name]), name)
