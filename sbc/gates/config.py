"""Which checks a gate makes: from a TOML file, from the command line, or by what is expected.

A config holds the gate's numbers and one table for each regime and estimator::

    preset = "pr"                       # or delta, max_datasets, alpha_fail, alpha_pass

    [effects.mundlak]
    beta_XY = "calibrated"
    beta_ZY = {coverage_95 = [0.92, 0.98], bias = 0.1}

    [effects.naive]
    beta_XY = "miscalibrated"

    [effects.mundlak.advi]              # of one engine, instead of what holds for all of them
    beta_XY = "miscalibrated"

    [[cells]]                           # of a sweep: where other things are expected
    where = {sd_U = [2, 3]}
    expect.mundlak.beta_XY = "miscalibrated"

In a regime that draws from an estimator's own joint distribution uniform ranks are expected, and
asked for without being named.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sbc.plugins.errors import UserError, option, renamed, unknown
from sbc.plugins.nearest import misspelled
from sbc.stats.sequential.judge import PRESETS
from sbc.stats.sequential.outcome import ALPHA_FAIL, ALPHA_PASS
from sbc.store.settings import Settings

ALL = "all"
DEFAULT_PRESET = "pr"
#: Regime → estimator → quantity → the value as it was written; or → engine → quantity → value.
Declared = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Config:
    """What a gate is to hold runs against.

    Attributes
    ----------
    delta : float
        Tolerance of ranks where a check names none.
    max_datasets : int or None
        Datasets beyond this number are not looked at.
    alpha_fail, alpha_pass : float
        Error rates of all checks of a call together.
    declared : mapping
        What is expected, by regime, estimator and quantity, or estimator, engine and quantity.
    by_regime : bool
        Whether uniform ranks are asked for where they are expected and nothing is declared.
    where : str
        Where it was read, for errors.
    cells : tuple of mapping
        What is expected in some cells of a sweep, as it was written: see
        `sbc.studies.sweep.expected`.
    """

    delta: float = PRESETS[DEFAULT_PRESET].delta
    max_datasets: int | None = None
    alpha_fail: float = ALPHA_FAIL
    alpha_pass: float = ALPHA_PASS
    declared: Declared = field(default_factory=dict)
    by_regime: bool = True
    where: str = ""
    cells: tuple[Mapping[str, Any], ...] = ()

    @property
    def limit(self) -> int:
        """Datasets after which a gate gives up, those of the default preset if none are named."""
        return self.max_datasets or PRESETS[DEFAULT_PRESET].max_datasets

    def changed(self, preset: str | None = None, **values: Any) -> Config:
        """Take a preset, then single values, over what is there; None changes nothing.

        Raises
        ------
        UserError
            For a preset that there is not, or a value outside its range.
        """
        chosen: dict[str, Any] = {}
        if preset is not None:
            if preset not in PRESETS:
                raise unknown("preset", preset, PRESETS, self.where and f"in {self.where}")
            chosen |= PRESETS[preset]._asdict()
        chosen |= {name: value for name, value in values.items() if value is not None}
        for name, value in chosen.items():
            _check_number(name, value, self.where)
        return replace(self, **chosen)

    def declare(
        self, regime: str, estimator: str, quantity: str, value: Any, engine: str = ""
    ) -> Config:
        """Add one expectation, of all engines or of one, or replace it."""
        of_regime = dict(self.declared.get(regime, {}))
        of_estimator = of_regime.get(estimator, {})
        added = {engine: {**of_estimator.get(engine, {}), quantity: value}} if engine else {}
        of_regime[estimator] = {**of_estimator, **(added or {quantity: value})}
        return replace(self, declared={**self.declared, regime: of_regime})


_RANGES = {"delta": (0, 0.5), "alpha_fail": (0, 1), "alpha_pass": (0, 1)}
_SETTINGS = ("preset", "max_datasets", *_RANGES)
#: Old names that TOML files may still use, which go with 0.2.
_RENAMED = {"n_max": "max_datasets"}


def _check_number(name: str, value: Any, where: str) -> None:
    place = f" in {where}" if where else ""
    if name == "max_datasets":
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise UserError(f"{name} takes a whole number of at least 1{place}, not {value!r}")
        return
    low, high = _RANGES[name]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not low < value < high:
        shown = f"{value:g}" if number else repr(value)
        raise UserError(f"{name} must lie between {low} and {high}{place}, not {shown}")


def load_config(file: Path) -> Config:
    """Read a config.

    Parameters
    ----------
    file : Path
        In TOML.

    Returns
    -------
    Config

    Raises
    ------
    UserError
        If it cannot be read, is not TOML (with the line), or sets what there is not.
    """
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as problem:
        raise UserError(f"cannot read {file}: {problem.strerror}") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise UserError(f"{file} is not TOML: {problem}") from problem
    cells = tuple(values.pop("cells", ()))
    numbers = {name: value for name, value in values.items() if not isinstance(value, dict)}
    tables = {name: value for name, value in values.items() if isinstance(value, dict)}
    for old in _RENAMED.keys() & numbers.keys():
        renamed(f"{old} in {file}", _RENAMED[old])
        numbers.setdefault(_RENAMED[old], numbers.pop(old))
    for name in numbers:
        if name not in _SETTINGS:
            raise unknown("setting", name, _SETTINGS, f"in {file}")
    for regime, estimators in tables.items():
        for name, table in estimators.items():
            if not isinstance(table, dict):
                raise UserError(
                    f"{file}: [{regime}] holds tables, one an estimator, and not {name} = {table!r}"
                )
    config = Config(declared=tables, where=str(file), cells=cells)
    return config.changed(**numbers)


def expect_all(config: Config, expected: Any, settings: Settings) -> Config:
    """Add all that a door says is expected.

    Parameters
    ----------
    config : Config
        To add to.
    expected : str, iterable of str, mapping of str to str or mapping, or None
        As `expect` takes it, or what is expected by ``estimator[:engine][:quantity]``.
    settings : Settings
        Of the run.

    Raises
    ------
    UserError
        As `expect`.
    """
    if isinstance(expected, Mapping):
        for subject, value in expected.items():
            config = _declared(config, str(subject), value, settings)
        return config
    for text in [expected] if isinstance(expected, str) else expected or []:
        config = expect(config, text, settings)
    return config


def expect(config: Config, text: str, settings: Settings) -> Config:
    """Add what ``--expect`` says: ``estimator[:engine][:quantity]=value``.

    Parameters
    ----------
    config : Config
        To add to.
    text : str
        The value is a word or a TOML table: ``mundlak:beta_XY={bias = 0.1}``.
    settings : Settings
        Of the run, whose estimators and engines may be named.

    Raises
    ------
    UserError
        For text of another form.
    """
    # an estimator's own option holds an equals sign too
    longest = max((n for n in _spellings(settings.estimators) if text.startswith(n)), key=len,
                  default="")  # fmt: skip
    rest, equals, value = text.removeprefix(longest).partition("=")
    subject = longest + rest
    if not equals or not subject:
        raise UserError(
            f"{option('expect')} takes ESTIMATOR[:ENGINE]:QUANTITY=EXPECTATION, not '{text}'"
        )
    parsed: Any = value.strip()
    if parsed.startswith("{"):
        try:
            parsed = tomllib.loads(f"value = {parsed}")["value"]
        except tomllib.TOMLDecodeError as problem:
            raise UserError(
                f"{option('expect')} {subject} takes a TOML table: {problem}"
            ) from problem
    return _declared(config, subject.strip(), parsed, settings)


def _declared(config: Config, subject: str, value: Any, settings: Settings) -> Config:
    """Declare what is expected of ``estimator[:engine][:quantity]``; of one, its name may lack."""
    alone = settings.estimators[0] if len(settings.estimators) == 1 else ""
    whole = ":" in subject or subject in _spellings(settings.estimators)
    if alone and not whole and not misspelled(subject, settings.estimators):
        return config.declare(settings.truth, alone, subject, value)
    estimator, rest = _split(subject, "estimator", settings.estimators)
    by_engine = any(rest == e or rest.startswith(f"{e}:") for e in _spellings(settings.fitters))
    engine, quantity = _split(rest, "engine", settings.fitters) if by_engine else ("", rest)
    return config.declare(settings.truth, estimator, quantity or ALL, value, engine)


def _split(subject: str, kind: str, names: Iterable[str]) -> tuple[str, str]:
    """Take a name, which may hold a colon itself, off the front."""
    for spelled, name in _spellings(names).items():
        if subject == spelled:
            return name, ""
        if subject.startswith(f"{spelled}:"):
            return name, subject[len(spelled) + 1 :]
    raise unknown(kind, subject.partition(":")[0], names, "in this run")


def _spellings(names: Iterable[str]) -> dict[str, str]:
    """Give the ways to write each name: in full, or as it is called in its file."""
    short = {name.rpartition(":")[2]: name for name in reversed(list(names))}
    return {name: name for name in names} | short
