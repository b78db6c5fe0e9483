"""Columns of a table by the names that people usually give them, or by those they tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sbc.plugins.errors import UserError, option, unknown

#: What a column is to sbc, and what others call it; rsimsum, broom and R's SBC among them.
USUAL: dict[str, tuple[str, ...]] = {
    "dataset": ("sim_id", "sim", "simulation", "dataset_id", "rep", "repetition", "replicate",
                "replication", "iteration", "iter", "idrep"),
    "method": ("estimator", "model", "approach", "backend"),
    "estimand": ("parameter", "param", "variable", "term", "quantity", "coefficient"),
    "estimate": ("est", "point_estimate", "estimates", "theta_hat", "thetahat", "beta_hat", "coef"),
    "se": ("std_error", "stderr", "std_err", "standard_error", "model_se"),
    "low": ("lower", "conf_low", "ci_low", "ci_lower", "lower_ci", "lci", "lcl", "lower_bound"),
    "high": ("upper", "conf_high", "ci_high", "ci_upper", "upper_ci", "uci", "ucl", "upper_bound"),
    "level": ("conf_level", "confidence_level"),
    "df": ("dof", "df_residual", "degrees_of_freedom"),
    "truth": ("true", "true_value", "simulated_value", "theta_true"),
    "rank": ("ranks",),
    "max_rank": ("n_draws", "num_draws"),
    "mean": ("posterior_mean",),
    "sd": ("posterior_sd",),
    "q05": ("q5",),
    "q50": ("median",),
    "q95": (),
    "rhat": ("r_hat",),
    "ess_bulk": (),
    "ess_tail": (),
}  # fmt: skip


def found_in(columns: Iterable[str], told: Mapping[str, str], where: str) -> dict[str, str]:
    """Find what the columns of a table are.

    Parameters
    ----------
    columns : iterable of str
        Their names.
    told : mapping of str to str
        What some of them are, theirs to ours: it goes before usual names.
    where : str
        The table, for errors.

    Returns
    -------
    dict of str to str
        Ours to theirs.

    Raises
    ------
    UserError
        For a name that is not there, or two columns that may be the same thing.
    """
    columns = list(columns)
    found: dict[str, str] = {}
    for theirs, ours in told.items():
        if theirs not in columns:
            raise unknown("column", theirs, columns, f"in {where}")
        if ours not in USUAL:
            raise unknown("column of sbc's", ours, USUAL)
        if ours in found:
            raise UserError(f"{where}: '{found[ours]}' and '{theirs}' cannot both be the {ours}")
        found[ours] = theirs
    free = [name for name in columns if name not in told]
    for ours, others in USUAL.items():
        if ours in found:
            continue
        exact = [name for name in free if name == ours]
        mine = exact or [name for name in free if plain(name) in (ours, *others)]
        if len(mine) > 1:
            raise UserError(
                f"{where}: {' and '.join(f"'{name}'" for name in mine)} may both be the {ours}; "
                f"say which with {option('columns', f'{mine[0]}={ours}')}"
            )
        found |= {ours: mine[0]} if mine else {}
    return found


def plain(name: str) -> str:
    """Write a name in small letters, with low lines where points, hyphens and spaces stand."""
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")


def parse_map(words: Iterable[str]) -> dict[str, str]:
    """Read ``THEIRS=OURS``, as the command line has it.

    Raises
    ------
    UserError
        For anything else.
    """
    told: dict[str, str] = {}
    for word in words:
        theirs, equals, ours = word.rpartition("=")
        if not equals or not theirs or not ours:
            raise UserError(f"{option('columns')} takes THEIRS=OURS, as b=estimate, not '{word}'")
        if theirs in told:
            raise UserError(f"{option('columns')} says twice what '{theirs}' is")
        told[theirs] = ours
    return told
