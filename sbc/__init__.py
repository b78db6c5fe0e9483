"""Simulation-based calibration of Bayesian estimators written in PyMC."""

from importlib import import_module as _import_module
from importlib.util import spec_from_file_location as _spec_of
from pathlib import Path as _Path
from sys import meta_path as _meta_path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from sbc.engines._density import Density
    from sbc.plugins.engine import Budget, Draws, engine
    from sbc.plugins.errors import UserError
    from sbc.plugins.estimates import Estimated
    from sbc.plugins.estimator import estimator
    from sbc.plugins.generator import generator
    from sbc.studies.api import load, merge, posterior, run
    from sbc.studies.importing.run import import_results
    from sbc.studies.judge_api import check, gate, power
    from sbc.studies.sweep.api import design, sweep

__version__ = "0.1.0"

#: The Python interface, and where it stands: loaded when it is asked for, as it needs SciPy.
_OFFERED = {
    "Budget": "sbc.plugins.engine",
    "Density": "sbc.engines._density",
    "Draws": "sbc.plugins.engine",
    "Estimated": "sbc.plugins.estimates",
    "UserError": "sbc.plugins.errors",
    "check": "sbc.studies.judge_api",
    "design": "sbc.studies.sweep.api",
    "engine": "sbc.plugins.engine",
    "estimator": "sbc.plugins.estimator",
    "gate": "sbc.studies.judge_api",
    "generator": "sbc.plugins.generator",
    "import_results": "sbc.studies.importing.run",
    "load": "sbc.studies.api",
    "merge": "sbc.studies.api",
    "posterior": "sbc.studies.api",
    "power": "sbc.studies.judge_api",
    "run": "sbc.studies.api",
    "sweep": "sbc.studies.sweep.api",
}
__all__ = [
    "Budget",
    "Density",
    "Draws",
    "Estimated",
    "UserError",
    "check",
    "design",
    "engine",
    "estimator",
    "gate",
    "generator",
    "import_results",
    "load",
    "merge",
    "posterior",
    "power",
    "run",
    "sweep",
]


def __getattr__(name: str) -> "Any":
    if name not in _OFFERED:
        raise AttributeError(f"module 'sbc' has no attribute '{name}'")
    return getattr(_import_module(_OFFERED[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


class _Checkout:
    """Finds the plug-in folders of a bare checkout, which are siblings of this package.

    An installed copy holds them as `sbc.generators` and `sbc.models` already.
    """

    @staticmethod
    def find_spec(name: str, path: "Sequence[str] | None", target: "Any" = None) -> "Any":
        """Give the package of a folder; None for every other name."""
        if name not in ("sbc.generators", "sbc.models"):
            return None
        root = _Path(__file__).resolve().parent.parent
        folder = root / name.removeprefix("sbc.")
        if not (root / "pyproject.toml").exists():
            return None
        places = [str(folder)]
        return _spec_of(name, folder / "__init__.py", submodule_search_locations=places)


_meta_path.insert(0, _Checkout)  # before an install that stands for another checkout
