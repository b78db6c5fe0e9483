"""``sbc list``: name estimators, generators and engines."""

from __future__ import annotations

import argparse

from sbc.plugins import catalogue, registry
from sbc.plugins.errors import ExitCode
from sbc.plugins.spec import Spec


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options: there are none."""
    parser.set_defaults(function=main)


def main(_: argparse.Namespace) -> int:
    """Print names and one-line descriptions, each generator's after the estimators it feeds."""
    for generator in catalogue.names("generator"):
        fed = [name for name in catalogue.names("estimator") if registry.feeds(generator, name)]
        print(f"estimators of the data of {generator}")
        _names("estimator", fed)
    print("generators")
    width = max(map(len, catalogue.names("generator")))
    for name in catalogue.names("generator"):
        print(f"  {name:<{width}}  {catalogue.describe('generator', name)}")
        _regimes(name)
    print("\nengines")
    _names("engine", catalogue.names("engine"))
    return ExitCode.OK


def _names(kind: str, names: list[str]) -> None:
    width = max(map(len, names), default=0)
    for name in names:
        defaults = catalogue.option_defaults(kind, Spec.parse(name))
        options = "".join(f" [@{option}={value}]" for option, value in defaults.items())
        print(f"  {name:<{width}}  {catalogue.describe(kind, name)}{options}")
    print()


def _regimes(name: str) -> None:
    generator = registry.generator(name)
    for regime in generator.regimes.values():
        settings = ", ".join(f"{n}={v}" for n, v in generator.parameters(regime.name).items())
        print(f"      --truth {regime.name}: {regime.summary}\n          --set {settings}")
