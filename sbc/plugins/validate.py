"""Hold a dataset against what an estimator names and what the generator declared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sbc.plugins.data import Data
from sbc.plugins.errors import UserError, option, unknown
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator


def check_arguments(
    estimator: Estimator, generator: Generator, data: Data, feeding: Sequence[str] = ()
) -> None:
    """Refuse an estimator that asks for arrays this generator does not give.

    Parameters
    ----------
    estimator, generator
        Who asks and who gives.
    data : dict of str to ndarray
        A dataset of the generator's.
    feeding : sequence of str
        Generators that would do, to be named.

    Raises
    ------
    UserError
        Naming the array and those that there are.
    """
    for name in estimator.arguments:
        if name not in data and name not in estimator.derived:
            where = f"in the data of '{generator.name}', for which '{estimator.name}' asks"
            if not feeding:
                raise unknown("array", name, data, where)
            others = " or ".join(option("generator", name) for name in feeding)
            raise UserError(f"no array called '{name}' {where}\n  it goes with {others}")


def check_data(generator: Generator, data: Data) -> None:
    """Refuse arrays that are not numeric or finite, of unequal lengths, or index too far.

    A sampler that is handed such arrays by address would read past their ends without a word.

    Raises
    ------
    ValueError
        Naming the array, what is wrong and what was expected.
    """
    lengths: dict[str, tuple[str, int]] = {}
    for name, values in data.items():
        array = np.asarray(values)
        if array.dtype.kind not in "biuf":
            raise ValueError(f"data '{name}' holds {array.dtype}, not numbers")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"data '{name}' holds values that are not finite")
        dim = generator.dims.get(name)
        if dim is None:
            continue
        if array.ndim == 0:
            raise ValueError(f"data '{name}' is a single number, not one for each of the {dim}")
        first, length = lengths.setdefault(dim, (name, len(array)))
        if len(array) != length:
            raise ValueError(f"data '{name}' has {len(array)} {dim}, but '{first}' has {length}")
    for name, dim in generator.indexes.items():
        if name not in data or dim not in lengths:
            raise ValueError(f"data '{name}' numbers the {dim}, and one of the two is missing")
        array, size = np.asarray(data[name]), lengths[dim][1]
        if array.dtype.kind not in "iu":
            raise ValueError(f"data '{name}' must hold whole numbers, not {array.dtype}")
        if array.size and not (array.min() >= 0 and array.max() < size):
            raise ValueError(f"data '{name}' must lie in 0..{size - 1}, the numbers of the {dim}")
