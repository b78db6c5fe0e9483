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

    The error gets two digits and the value ends where they do; a value without decimals stands
    beside its whole error, 410 (120), and what is larger or smaller than anybody counts as
    1.23e+08 ± 4.5e+06. Without an error, or with one that is mere rounding (below 1e-12 of the
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
    if decimals < 0 and max(abs(value), mcse) < _LARGE:
        return f"{round(value, decimals):z.0f} ({round(mcse, decimals):.0f})"
    power = int(f"{max(abs(value), mcse):.1e}".partition("e")[2])
    told = f"{Decimal(value).scaleb(-power):z.{decimals + power}f}"
    return f"{told}e{power:+03d} ± {mcse:.1e}"


def plus_minus(value: float, mcse: float) -> str:
    """Write a value and its error side by side, three digits of the value at most: 0.123 ± 0.045.

    The error has two digits, one if it begins with 3 or more, and the value no more decimals than
    the error. A line may break before ``±`` and nowhere else.

    Examples
    --------
    >>> plus_minus(0.12345, 0.0151).replace("\u00a0", " ")
    '0.123 ± 0.015'
    >>> plus_minus(-5.4321, 0.5).replace("\u00a0", " ")
    '−5.4 ± 0.5'
    >>> plus_minus(412.3, 123).replace("\u00a0", " ")
    '410 ± 120'
    >>> plus_minus(0.9621, 0.0018).replace("\u00a0", " ")
    '0.962 ± 0.002'
    >>> plus_minus(98765, 0.3).replace("\u00a0", " ")
    '98800 ± 0.3'
    """
    if not math.isfinite(value):
        return "–"
    if not (math.isfinite(mcse) and mcse > 1e-12 * abs(value)):
        return minus(_digits(value, _decimals(value), abs(value)))
    size = max(abs(value), mcse)
    lead = float(f"{mcse:.1e}".partition("e")[0])
    error_decimals = -int(f"{mcse:.1e}".partition("e")[2]) + (1 if lead < _SECOND_DIGIT else 0)
    decimals = min(error_decimals, _decimals(size))
    seen = mcse >= 0.5 * 10.0**-decimals  # at the last digit of the value
    told = _digits(mcse, min(error_decimals, decimals), size) if seen else f"{mcse:.1g}"
    return f"{minus(_digits(value, decimals, size))} ±\u00a0{told}"


_SMALL, _LARGE = 1e-4, 1e6
#: An error that begins below this is written with two digits, so that it is not rounded by a third.
_SECOND_DIGIT = 3
_DIGITS = 3


def _decimals(value: float) -> int:
    """Count the decimals after which three digits stand; negative before the point."""
    return _DIGITS - 1 - (math.floor(math.log10(abs(value))) if value else 0)


def _digits(value: float, decimals: int, size: float) -> str:
    """Write a number with so many decimals; by a power of ten where `size` is large or small."""
    if size and not _SMALL <= size < _LARGE:
        return f"{value:.3g}"
    return f"{round(value, decimals):z.{max(0, decimals)}f}"


def minus(text: str) -> str:
    """Write a minus sign, at which no line breaks, for a hyphen."""
    return text.replace("-", "−", 1) if text.startswith("-") else text


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
