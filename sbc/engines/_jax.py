"""What JAX must be taught before it can take the models of this repository."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax.nn import log_sigmoid, sigmoid
from pytensor.link.jax.dispatch import jax_funcify

from sbc.plugins.likelihoods import LogitLikelihood


def teach() -> None:
    """State the kernel of `sbc.plugins.likelihoods` once more, for JAX."""
    jax_funcify.register(LogitLikelihood, _logit_likelihood)


def _logit_likelihood(op: Any, **_: Any) -> Callable[..., Any]:
    def total_and_residual(eta: Any, y: Any, n: Any) -> Any:
        total = jnp.sum(y * log_sigmoid(eta) + (n - y) * log_sigmoid(-eta))
        return total, y - n * sigmoid(eta)

    return total_and_residual
