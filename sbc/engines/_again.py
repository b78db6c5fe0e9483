"""Observe a model's variables once more, given the same parameters: replicates beside real data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pymc as pm
import pytensor
from pytensor.graph.replace import graph_replace
from pytensor.tensor.random.type import RandomType

from sbc.plugins.data import Data, again


def observe_again(model: pm.Model, data: Data, places: Mapping[Any, str], data_name: Any) -> None:
    """Add, for each observed variable, one with the same distribution and its own data.

    The density then is p(theta) p(y | theta) p(y_again | theta), whatever y looks like: a table of
    rows, one number for each element of a parameter, a whole series.

    Parameters
    ----------
    model : pymc.Model
        To be changed.
    data : dict of str to ndarray
        With the replicates, by the names that `again` gives them.
    places : mapping
        Variables that hold observed data, to the name of the random variable. Where the model of Y
        reads the data of X, that of the replicate of Y reads the replicate of X.
    data_name : callable
        Names the variable of an array.
    """
    observed = list(model.observed_RVs)
    replaced: dict[Any, Any] = {}
    with model:
        for rv in observed:
            values = pm.Data(data_name(again(rv.name)), data[again(rv.name)])
            inputs = [
                # With a random stream of its own, or PyMC takes the two for one.
                pytensor.shared(np.random.default_rng(), name="stream", borrow=True)
                if isinstance(x.type, RandomType)
                else x
                for x in graph_replace(rv.owner.inputs, replaced, strict=False)
            ]
            copy = rv.owner.clone_with_new_inputs(inputs).outputs[rv.owner.outputs.index(rv)]
            model.register_rv(copy, again(rv.name), observed=values)
            replaced[rv] = copy
            replaced |= {place: values for place, name in places.items() if name == rv.name}
