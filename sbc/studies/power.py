"""How many datasets a gate needs to see a fault, as `sbc power` and `sbc.power` say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from sbc.gates.config import DEFAULT_PRESET, Config
from sbc.plugins.errors import UserError, option
from sbc.stats.sequential.judge import tolerated
from sbc.stats.sequential.power import Power, datasets_needed, power

if TYPE_CHECKING:
    from sbc.studies.in_advance import ErrorsNeed

#: What is simulated unless something else is named.
DEFAULTS = {"bias": 0.0, "sd": 1.0, "level": 0.8, "streams": 1, "studies": 400, "seed": 0}


@dataclass(frozen=True)
class GatePower:
    """What a gate makes of a fault, in simulated studies.

    Attributes
    ----------
    bias, sd : float
        The fault: a bias in true posterior sds, and reported over true posterior sd.
    streams : int
        Quantities judged together, one of them at fault.
    gate : Config
        The gate's tolerance, datasets and error rates.
    found : Power
        Shares of pass, fail and inconclusive with their Monte Carlo errors, and datasets until
        then.
    level : float
        A chance to fail, in (0, 1).
    needed : int or None
        Datasets on which the gate fails with that chance; None where no number will do.
    needed_without_tolerance : int or None
        The same of a gate that tolerates nothing, asked where `needed` is None.
    """

    bias: float
    sd: float
    streams: int
    gate: Config
    found: Power
    level: float
    needed: int | None
    needed_without_tolerance: int | None

    def __str__(self) -> str:
        """Write it as the command line does."""
        gate, found = self.gate, self.found
        edge = tolerated(gate.delta)
        low, _, high = found.n_quantiles
        told = f"to fail with a chance of {self.level:.0%}: "
        lines = [
            f"fault: a bias of {self.bias:g} posterior sds, posterior sds × {self.sd:g}, "
            f"in one of {self.streams} streams",
            f"gate: δ = {gate.delta:g} (a bias of {edge.bias:.2f}, sds × {edge.sd_low:.2f} or "
            f"× {edge.sd_high:.2f}), up to {gate.limit} datasets",
            "",
            f"fails         {_share(found.failed, found.failed_se)}",
            f"passes        {_share(found.passed, found.passed_se)}",
            f"inconclusive  {_share(found.inconclusive, found.inconclusive_se)}",
            f"datasets      {found.n_mean:.0f} ± {found.n_mean_se:.0f} on average, "
            f"{low:.0f} to {high:.0f} in 80 % of the studies",
            "",
            told + ("no number of datasets will do" if self.needed is None
                    else f"{self.needed} datasets"),
        ]  # fmt: skip
        if self.needed_without_tolerance is not None:
            less = f"{self.needed_without_tolerance} datasets or more"
            lines.append(f"  a gate that tolerates less would need {less}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Show the same in a notebook."""
        return f"<pre>{escape(str(self))}</pre>"


def asked(wanted: Mapping[str, Any]) -> GatePower | ErrorsNeed:
    """Say how many datasets a gate needs, or Monte Carlo errors; errors as of either.

    Parameters
    ----------
    wanted : mapping
        What `sbc.power` takes, by name; None says nothing.
    """
    if wanted.get("precision") is not None:
        from sbc.studies.in_advance import errors_need  # brings pandas

        return errors_need(wanted)
    for name in ("pilot", "empirical_se"):
        if wanted.get(name) is not None:
            raise UserError(f"{option(name)} goes with {option('precision')}, which is not given")
    return gate_power(wanted)


def gate_power(wanted: Mapping[str, Any]) -> GatePower:
    """Simulate what was asked for.

    Parameters
    ----------
    wanted : mapping
        What `sbc.power` takes, by name; None says nothing.

    Raises
    ------
    UserError
        For numbers out of their range, or a preset that there is not.
    """
    asked: dict[str, Any] = {
        n: v if wanted.get(n) is None else wanted[n] for n, v in DEFAULTS.items()
    }
    if asked["seed"] < 0:
        raise UserError(f"{option('seed')} must be at least 0, not {asked['seed']}")
    gate = Config().changed(
        wanted.get("preset") or DEFAULT_PRESET,
        **{n: wanted.get(n) for n in ("delta", "max_datasets", "alpha_fail", "alpha_pass")},
    )
    fault, level = (asked["bias"], asked["sd"]), asked["level"]
    how: dict[str, Any] = {"alpha_fail": gate.alpha_fail, "alpha_pass": gate.alpha_pass}
    how |= {name: asked[name] for name in ("streams", "studies", "seed")}
    try:
        found = power(*fault, gate.delta, gate.limit, **how)
        needed = datasets_needed(*fault, level, delta=gate.delta, **how)
        otherwise = None if needed is not None else datasets_needed(*fault, level, **how)
    except ValueError as problem:
        raise UserError(str(problem)) from problem
    return GatePower(*fault, asked["streams"], gate, found, level, needed, otherwise)


def _share(share: float, error: float) -> str:
    return f"{100 * share:5.1f} % ± {100 * error:.1f}"
