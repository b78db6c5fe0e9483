"""What the fixture `sbc_gate` gives to a test."""

from __future__ import annotations

import inspect
import os
import sqlite3
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sbc.cli.pytest_paths import Places
from sbc.cli.pytest_words import cause, repeat, told
from sbc.fitting import handed
from sbc.fitting.handed import Named
from sbc.gates.config import ALL
from sbc.plugins.errors import UserError, renamed, unknown
from sbc.stats.seeds import key
from sbc.studies.judge_api import gate as python_gate
from sbc.studies.question import answered_while_running, question
from sbc.studies.request import requested
from sbc.studies.reused import reusing
from sbc.studies.spoken import in_words

if TYPE_CHECKING:
    from sbc.gates.gate import Gate

#: What a test says in another way, or a test suite has no use for.
_NOT_HERE = {
    *("estimator", "expect", "out", "resume", "overwrite", "reuse", "allow_versions"),
    *("progress", "json", "junit", "markdown"),
}
#: Every other setting of `sbc.gate`, which is that of the command.
SETTINGS = tuple(n for n in inspect.signature(python_gate).parameters if n not in _NOT_HERE)
#: Names of earlier versions.
_RENAMED = {"datasets": "max_datasets", "estimand": "estimands"}


class PytestGate:
    """Fits estimators and fails the test if they are not what they should be.

    ``sbc_gate(model)`` asks for calibration in one line. Each method takes the settings of
    `sbc.gate` by name: ``generator``, ``truth``, ``engine``, ``seed``, ``draws``, ``preset``,
    ``max_datasets``, ``delta``, ``config``, ``baseline`` and so on. The marker ``sbc`` sets them
    for a test, a class or a module, pytest's command line where nothing else does. The default
    preset is ``smoke``. Files are looked for beside the test, in pytest's root and in the working
    directory.
    """

    def __init__(
        self, request: pytest.FixtureRequest, folder: Path, settings: Mapping[str, Any]
    ) -> None:
        self._request = request
        self._folder = folder
        self._settings = dict(settings)

    def __call__(self, estimator: Named, *quantities: str, **settings: Any) -> Gate:
        """Ask for what `calibrated` does, or for what `config` or `baseline` says.

        Parameters, value and errors are those of `calibrated`.
        """
        chosen = {**self._settings, **settings}
        declared = not quantities and (chosen.get("config") or chosen.get("baseline"))
        if declared:
            return self.expect(estimator, {}, **settings)
        return self.calibrated(estimator, *quantities, **settings)

    def calibrated(self, estimator: Named, *quantities: str, **settings: Any) -> Gate:
        """Ask for uniform ranks, of all that is ranked if no quantity is named.

        Parameters
        ----------
        estimator : str, model or function
            Name, ``path/to/file.py:name``, or a thing as `sbc.run` takes it.
        *quantities : str
            Estimands or test quantities.
        **settings
            As in the class's docstring.

        Returns
        -------
        sbc.gates.gate.Gate
            The verdicts, where the test goes on.
        """
        expected = dict.fromkeys(quantities or (ALL,), "calibrated")
        return self.expect(estimator, expected, **settings)

    def miscalibrated(self, estimator: Named, *quantities: str, **settings: Any) -> Gate:
        """Ask for ranks that are not uniform: a control that must be caught.

        Parameters, value and errors are those of `calibrated`.
        """
        expected = dict.fromkeys(quantities or (ALL,), "miscalibrated")
        return self.expect(estimator, expected, **settings)

    def expect(self, estimator: Named, expected: Mapping[str, Any], **settings: Any) -> Gate:
        """Ask for anything that a config may.

        Parameters
        ----------
        estimator : str, model or function
            Name, ``path/to/file.py:name``, or a thing as `sbc.run` takes it.
        expected : mapping
            What is expected by quantity: ``{"beta_XY": {"coverage_95": [0.9, 0.99]}}``.
        **settings
            As in the class's docstring.

        Returns
        -------
        sbc.gates.gate.Gate
            The verdicts, where the test goes on.
        """
        try:
            wanted = self._wanted(estimator, {**self._settings, **settings})
            gate = self._gate(wanted, expected)
        except UserError as mistake:
            raise pytest.fail.Exception(f"sbc: {mistake}", pytrace=False) from None
        self._publish(gate, wanted, expected)
        return gate

    def _wanted(self, estimator: Named, chosen: dict[str, Any]) -> dict[str, Any]:
        """Take settings of the test over those of pytest's command line, and find its files."""
        for old, new in _RENAMED.items():
            if old in chosen:
                renamed(f"{old}= of sbc_gate", f"{new}=")
                chosen[new] = chosen.pop(old)
        for setting in chosen:
            if setting not in SETTINGS:
                raise unknown("setting", setting, SETTINGS, "of sbc_gate")
        ours = {name: self._option(name) for name in ("seed", "max_datasets")}
        ours["preset"] = self._option("preset") or "smoke"
        chosen = {n: v for n, v in ours.items() if v is not None} | chosen
        test = Path(self._request.node.path)
        places = Places(test, self._request.config.rootpath)
        return places.found({**chosen, "estimator": estimator})

    def _gate(self, wanted: Mapping[str, Any], expected: Mapping[str, Any]) -> Gate:
        """Fit and judge; go on with the run of these settings if an earlier test has begun it."""
        workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
        request = requested(
            {
                "jobs": max(1, (os.cpu_count() or 1) // workers),
                **{"name": "model", **in_words({"name": "model", **wanted})},
                "datasets": 1,
            },
            grows=True,
        )
        (estimator, *more) = request.settings.estimators
        if more:
            raise UserError("a test is about one estimator; name one")
        subjects = {f"{estimator}:{quantity}": what for quantity, what in expected.items()}
        asked = question({**wanted, "expect": subjects})
        models = handed.identities(request.settings)
        folder = self._folder / f"{key(repr((request.settings, models))):016x}"
        with _locked(folder.with_suffix(".lock")), warnings.catch_warnings():
            # The test suite may turn warnings into errors, which would be fits that fail.
            warnings.simplefilter("ignore")
            return answered_while_running(reusing(replace(request, folder=folder), True), asked)

    def _publish(self, gate: Gate, wanted: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
        """Keep the verdicts for reports, and fail the test unless they pass."""
        verdicts = told(gate)
        self._request.node.user_properties.append(("sbc", verdicts))
        if gate.outcome == "pass":
            return
        if gate.outcome == "inconclusive" and self._option("allow_inconclusive"):
            return
        words = [verdicts, *cause(gate), repeat(gate, wanted, expected)]
        if gate.outcome == "inconclusive":
            words.append(
                "Not decided, which is not a pass: allow more datasets (--sbc-max-datasets), a "
                "larger tolerance, or undecided tests (--sbc-allow-inconclusive)."
            )
        pytest.fail("\n".join(words), pytrace=False)

    def _option(self, name: str) -> Any:
        return self._request.config.getoption(f"sbc_{name}")


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
