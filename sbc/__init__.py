"""Simulation-based calibration of Bayesian estimators written in PyMC."""

from pathlib import Path

__version__ = "0.1.0"

# In a bare checkout the plug-in folders are siblings of this package. An installed copy holds them
# as sbc.generators and sbc.models already, and nothing is added.
_checkout = Path(__file__).resolve().parent.parent
if (_checkout / "pyproject.toml").exists() and (_checkout / "models").is_dir():
    __path__.append(str(_checkout))
