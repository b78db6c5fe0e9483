"""``sbc list``: what there is to run."""

from __future__ import annotations

import argparse

from sbc import registry
from sbc.cli.main import OK


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options: there are none."""
    parser.set_defaults(function=main)


def main(_: argparse.Namespace) -> int:
    """Print names and one-line descriptions."""
    for kind in ("estimator", "generator", "engine"):
        print(f"{kind}s")
        width = max(map(len, registry.names(kind)))
        for name in registry.names(kind):
            print(f"  {name:<{width}}  {registry.describe(kind, name)}")
            if kind == "generator":
                _regimes(name)
        print()
    return OK


def _regimes(name: str) -> None:
    generator = registry.generator(name)
    for regime in generator.regimes.values():
        settings = ", ".join(f"{n}={v}" for n, v in generator.parameters(regime.name).items())
        print(f"      --truth {regime.name}: {regime.summary}\n          --set {settings}")
