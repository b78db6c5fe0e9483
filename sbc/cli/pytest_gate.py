"""What the fixture `sbc_gate` gives to a test."""

from __future__ import annotations

import os
import shlex
import sqlite3
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from sbc.fitting import handed
from sbc.fitting.allowed import validate
from sbc.fitting.engine_choice import settled
from sbc.fitting.handed import Named
from sbc.fitting.options import settings_over
from sbc.gates.config import ALL, Config
from sbc.gates.expectations import to_toml
from sbc.plugins.errors import UserError, renamed, unknown
from sbc.stats.seeds import key
from sbc.store.settings import DECLARED, Settings, write_value

_GATE = ("preset", "max_datasets", "delta", "alpha_fail", "alpha_pass")
#: Settings of a run: all that are declared, but for those that a test names in another way.
_RUN = (
    "parameters",
    *({found.option for found in DECLARED.values()} - {"estimator", "datasets", "set"}),
)


class PytestGate:
    """Fits estimators and fails the test if they are not what they should be.

    Each method takes further settings by name: ``name`` (of a model that stands in no file),
    ``generator``, ``simulator``, ``truth``, ``parameters`` (of the
    generator), ``estimand``, ``data``, ``engine``, ``seed``, ``draws``, ``tune``, ``chains`` and
    ``target_accept`` as for ``sbc run``; ``preset``, ``max_datasets``, ``delta``,
    ``alpha_fail`` and ``alpha_pass`` as for ``sbc gate``. The marker ``sbc`` sets them
    for a test, a class or a module, the command line where nothing else does. The default preset
    is ``smoke``.
    """

    def __init__(
        self, request: pytest.FixtureRequest, folder: Path, settings: Mapping[str, Any]
    ) -> None:
        self._request = request
        self._folder = folder
        self._settings = dict(settings)

    def calibrated(self, estimator: Named, *quantities: str, **settings: Any) -> None:
        """Ask for uniform ranks, of all that is ranked if no quantity is named.

        Parameters
        ----------
        estimator : str, model or function
            Name, ``path/to/file.py:name``, or a thing as `sbc.run` takes it.
        *quantities : str
            Estimands or test quantities.
        **settings
            As in the class's docstring.
        """
        self.expect(estimator, dict.fromkeys(quantities or (ALL,), "calibrated"), **settings)

    def miscalibrated(self, estimator: Named, *quantities: str, **settings: Any) -> None:
        """Ask for ranks that are not uniform: a control that must be caught.

        Parameters and errors are those of `calibrated`.
        """
        self.expect(estimator, dict.fromkeys(quantities or (ALL,), "miscalibrated"), **settings)

    def expect(self, estimator: Named, expected: Mapping[str, Any], **settings: Any) -> None:
        """Ask for anything that a config may.

        Parameters
        ----------
        estimator : str, model or function
            Name, ``path/to/file.py:name``, or a thing as `sbc.run` takes it.
        expected : mapping
            What is expected by quantity: ``{"beta_XY": {"coverage_95": [0.9, 0.99]}}``.
        **settings
            As in the class's docstring.
        """
        try:
            self._judge(estimator, expected, {**self._settings, **settings})
        except UserError as mistake:
            raise pytest.fail.Exception(f"sbc: {mistake}", pytrace=False) from None

    def _judge(self, estimator: Named, expected: Mapping[str, Any], chosen: dict[str, Any]) -> None:
        name = chosen.pop("name", "model")
        if "datasets" in chosen:
            renamed("datasets= of sbc_gate", "max_datasets=")
            chosen["max_datasets"] = chosen.pop("datasets")
        (estimator,) = handed.names("estimator", estimator, name)
        for setting in chosen:
            if setting not in (*_RUN, *_GATE):
                raise unknown("setting", setting, (*_RUN, *_GATE), "of sbc_gate")
        for kind in {"generator", "simulator"} & chosen.keys():
            (chosen[kind],) = handed.names(kind, chosen[kind], kind)
        settings, config = self._run(estimator, chosen), self._config(chosen)
        for quantity, value in expected.items():
            config = config.declare(settings.truth, estimator, quantity, value)
        gate = self._grow(settings, config)
        from sbc.gates.words import before, fits_line, line

        differing = [f"{'FAIL':<14}{before(one)}" for one in gate.forward if one.faults]
        verdicts = "\n".join([*differing, *(line(verdict, gate) for verdict in gate.verdicts)])
        self._request.node.user_properties.append(("sbc", verdicts))
        if gate.outcome == "pass":
            return
        words = [verdicts, *(fits_line(f, gate) for f in gate.failures if f.failed)]
        if gate.outcome == "inconclusive":
            if self._option("allow_inconclusive"):
                return
            words.append(
                "Not decided, which is not a pass: allow more datasets (--sbc-max-datasets), a "
                "larger tolerance, or undecided tests (--sbc-allow-inconclusive)."
            )
        if not handed.identities(settings):  # no command knows what stands in no file
            words.append(f"replay: {replay(settings, config, expected)}")
        pytest.fail("\n".join(words), pytrace=False)

    def _option(self, name: str) -> Any:
        return self._request.config.getoption(f"sbc_{name}")

    def _config(self, chosen: Mapping[str, Any]) -> Config:
        values = {name: chosen.get(name) for name in ("delta", "alpha_fail", "alpha_pass")}
        most = chosen.get("max_datasets", self._option("max_datasets"))
        preset = chosen.get("preset", self._option("preset") or "smoke")
        return Config(where="sbc_gate").changed(preset, max_datasets=most, **values)

    def _run(self, estimator: Named, chosen: Mapping[str, Any]) -> Settings:
        wanted = {name: chosen[name] for name in _RUN if name in chosen}
        wanted = {"seed": self._option("seed"), **wanted, "estimator": estimator, "datasets": 1}
        settings = settings_over(None, wanted)
        validate(settings)
        return settled(settings, "engine" in chosen)

    def _grow(self, settings: Settings, config: Config) -> Any:
        """Go on with the run of these settings that an earlier test has begun, or begin it."""
        from sbc.store.database import read_run
        from sbc.studies.gate import judge_while_running

        models = handed.identities(settings)
        folder = self._folder / f"{key(repr((settings, models))):016x}"
        workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
        with _locked(folder.with_suffix(".lock")), warnings.catch_warnings():
            # The test suite may turn warnings into errors, which would be fits that fail.
            warnings.simplefilter("ignore")
            begun = folder.exists()
            if begun:
                settings = read_run(folder).settings
            return judge_while_running(
                settings,
                folder,
                config,
                jobs=max(1, (os.cpu_count() or 1) // workers),
                resume=begun,
            )


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Keep other processes from the same run; the lock of one that dies is free at once."""
    file.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(file, timeout=86400, isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        connection.close()


def replay(settings: Settings, config: Config, expected: Mapping[str, Any]) -> str:
    """Write the command that comes to the same verdict outside of the test suite."""
    estimator = settings.estimators[0]
    words = ["python", "-m", "sbc", "gate", "--run", "--estimator", estimator]
    words += ["--generator", settings.generator, "--truth", settings.truth]
    if settings.simulator:
        words += ["--simulator", settings.simulator]
    for name, value in settings.parameters.items():
        words += ["--set", f"{name}={write_value(value)}"]
    if settings.data:
        words += ["--data", settings.data]
    if settings.estimands:
        words += ["--estimand", ",".join(settings.estimands)]
    words += ["--engine", settings.engines[0], "--seed", str(settings.seed)]
    for name, value in asdict(settings.budget).items():
        if value != DECLARED[name].default:
            words += [f"--{name.replace('_', '-')}", f"{value:g}"]
    words += ["--delta", f"{config.delta:g}", "--max-datasets", str(config.max_datasets)]
    for name in ("alpha_fail", "alpha_pass"):
        if getattr(config, name) != getattr(Config, name):
            words += [f"--{name.replace('_', '-')}", f"{getattr(config, name):g}"]
    for quantity, value in expected.items():
        what = value if isinstance(value, str) else to_toml(value)
        words += ["--expect", f"{estimator}:{quantity}={what}"]
    return shlex.join(words)
