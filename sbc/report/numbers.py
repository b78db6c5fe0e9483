"""Numbers as people read them: rounded to what their errors carry."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from sbc.store.nulls import plain


def plain_number(value: float) -> str:
    """Write a diagnostic; k̂ is −∞ where all importance ratios are equal."""
    return "–" if math.isnan(value) else f"{value:.2f}" if math.isfinite(value) else f"{value:+g}"


def with_error(value: float, mcse: float) -> str:
    """Write a value and its error as physicists do: 0.123 (45) means 0.123 ± 0.045.

    The error gets two digits and the value ends where they do; 1.23 (45)e+06 where that is not
    within nine decimals. Without an error, or with one that is mere rounding (below 1e-12 of the
    value), three decimals.
    """
    if not math.isfinite(value):
        return "–"
    if not (math.isfinite(mcse) and mcse > 1e-12 * abs(value)):
        plain = value == 0 or 0.001 <= abs(value) < 1e6
        return f"{value:z.3f}" if plain else f"{value:.3e}"
    error, _, exponent = f"{mcse:.1e}".partition("e")  # rounds .0996 to 1.0e-01 by itself
    error, decimals = error.replace(".", ""), 1 - int(exponent)
    if 0 <= decimals <= 9:
        return f"{value:z.{decimals}f} ({error})"
    power = int(f"{max(abs(value), mcse):.1e}".partition("e")[2])
    return f"{Decimal(value).scaleb(-power):z.{decimals + power}f} ({error})e{power:+03d}"


def published(value: float, mcse: float, compact: bool = False) -> str:
    """Write a value and its error as tables in print do: 0.017 (0.005), or 0.017 (5) if compact.

    The error gets one significant digit, two if the first is a 1, and the value ends where it
    does; but the larger of the two gets three at most, and an error too small to be seen in these
    is told by a bound: 0.147 (<0.001). Without an error, three digits.
    """
    if not math.isfinite(value):
        return "–"
    known = math.isfinite(mcse) and mcse > 1e-12 * abs(value)
    size = float(f"{max(abs(value), mcse if known else 0.0):.2e}")  # .9996 is shown as 1.00
    decimals = most = 2 - (math.floor(math.log10(size)) if size else 0)
    if known:
        shown = f"{mcse:.1e}" if f"{mcse:.1e}".startswith("1") else f"{mcse:.0e}"
        figures, _, exponent = shown.partition("e")
        decimals = min(most, len(figures.replace(".", "")) - 1 - int(exponent))
    if not -6 <= decimals <= 9:
        return f"{value:.2e} ({mcse:.0e})" if known else f"{value:.2e}"
    text = f"{round(value, decimals):z.{max(decimals, 0)}f}"
    if not known:
        return text if math.isnan(mcse) else f"{text} (0)"
    unit, error = 10.0**-decimals, round(mcse, decimals)
    if compact and decimals > 0:
        return f"{text} ({f'{error / unit:.0f}' if error else '<1'})"
    places = max(decimals, 0)
    return f"{text} ({f'{error:.{places}f}' if error else f'<{unit:.{places}f}'})"


def with_ends(row: Mapping[str, Any], name: str) -> str:
    """Write a share out of a table's row: with its error, and its interval."""
    if math.isnan(row[f"{name}_low"]):
        return "–"
    ends = f"[{row[f'{name}_low']:.2f}, {row[f'{name}_high']:.2f}]"
    return f"{with_error(row[name], row[f'{name}_mcse'])} {ends}"


def p_value(p: float) -> str:
    """Write a p-value: three decimals, or a bound where these would be zeros."""
    return "–" if not math.isfinite(p) else "<0.001" if p < 0.001 else f"{p:.3f}"


def plain_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the rows of a frame as JSON takes them, NaN as None."""
    return [{n: plain(v) for n, v in row.items()} for row in frame.to_dict(orient="records")]
