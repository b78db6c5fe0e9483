"""What a test that asks for a gate tells when it fails: verdicts, cause, and how to repeat it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sbc.fitting import handed
from sbc.gates.config import Config
from sbc.gates.expectations import to_toml
from sbc.gates.gate import Gate
from sbc.gates.words import before, fits_line, line
from sbc.plugins.engine import FUNCTION
from sbc.plugins.errors import UserError, in_python
from sbc.store.settings import DECLARED, Settings, write_value


def told(gate: Gate) -> str:
    """Write the verdicts, one a check, and what became of fits that failed."""
    differing = [f"{'FAIL':<14}{before(one)}" for one in gate.forward if one.faults]
    verdicts = [line(verdict, gate) for verdict in gate.verdicts]
    return in_python("\n".join([*differing, *verdicts]))


def cause(gate: Gate) -> list[str]:
    """Say why a gate fails: what is known of it, or what `sbc explain` finds without a fit."""
    lines = [in_python(fits_line(f, gate)) for f in gate.failures if f.failed]
    if gate.outcome not in ("fail", "failed fits"):
        return lines
    known = gate.causes
    if not known and set(gate.settings.estimators) <= set(gate.expected_uniform):
        from sbc.studies.explain.explain import explain

        try:
            known = tuple(one for one in explain(gate.folder, fit_again=False) if one.faults)
        except UserError as refused:  # a function states no model to look into
            return [*lines, f"cause: not looked for: {refused}"]
    return [*lines, *(f"cause: {in_python(one.paragraph).splitlines()[0]}" for one in known)]


def repeat(gate: Gate, wanted: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    """Say how to come to the same verdict outside of the test suite."""
    if not handed.identities(gate.settings):
        return f"repeat: {command(gate.settings, gate.config, expected, wanted)}"
    # No command knows what stands in no file.
    name = gate.settings.estimators[0]
    given = {n: v for n, v in wanted.items() if n not in ("estimator", "name")}
    given["expect"] = {f"{name}:{quantity}": what for quantity, what in expected.items()}
    words = ", ".join(f"{n}={v!r}" for n, v in given.items())
    return f"repeat: sbc.gate({{{name!r}: ...}}, {words})"


def command(
    settings: Settings,
    config: Config,
    expected: Mapping[str, Any],
    wanted: Mapping[str, Any] | None = None,
) -> str:
    """Write the command that comes to the same verdict outside of the test suite.

    Parameters
    ----------
    settings : Settings
        Of the run, with one estimator.
    config : Config
        The gate's numbers.
    expected : mapping
        What is expected, by quantity.
    wanted : mapping, optional
        What else the test asked for: a config, a baseline and its tolerance.
    """
    estimator = settings.estimators[0]
    words = ["python", "-m", "sbc", "gate", "--run", "--estimator", estimator]
    words += ["--generator", settings.generator, "--truth", settings.truth]
    for name in ("simulator", "data"):
        words += [f"--{name}", getattr(settings, name)] if getattr(settings, name) else []
    for name, value in settings.parameters.items():
        words += ["--set", f"{name}={write_value(value)}"]
    for name, values in (("estimand", settings.estimands), ("quantity", settings.quantities)):
        words += [f"--{name}", ",".join(values)] if values else []
    engines = [name for name in settings.engines if name != FUNCTION]
    words += ["--engine", ",".join(engines), "--seed", str(settings.seed)]
    for name, value in asdict(settings.budget).items():
        if value != DECLARED[name].default:
            words += [f"--{name.replace('_', '-')}", f"{value:g}"]
    for name in ("config", "baseline", "tolerance"):
        if (wanted or {}).get(name) is not None:
            words += [f"--{name}", str((wanted or {})[name])]
    words += ["--delta", f"{config.delta:g}", "--max-datasets", str(config.limit)]
    for name in ("alpha_fail", "alpha_pass"):
        if getattr(config, name) != getattr(Config, name):
            words += [f"--{name.replace('_', '-')}", f"{getattr(config, name):g}"]
    for quantity, value in expected.items():
        what = value if isinstance(value, str) else to_toml(value)
        words += ["--expect", f"{estimator}:{quantity}={what}"]
    return shlex.join(words)
