"""Models that know nothing of sbc: ordinary functions, and code as it stands in a notebook.

The function is called with the arrays of each dataset, and the arrays that its model then holds
are taken out of it: see `sbc.plugins.template`. So it may do with them what NumPy can.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sbc.plugins.arguments import conditional, source_of
from sbc.plugins.data import Array, Data, OwnData, given, replicates, summary
from sbc.plugins.errors import UserError, option
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator
from sbc.plugins.notebook import NotebookModel


@dataclass(frozen=True)
class Undecorated(Estimator):
    """An estimator made of a function that nobody decorated.

    Attributes
    ----------
    optional : tuple of str
        Arguments with a default that is no number; filled where the generator has such an array.
    arrays : mapping of str to str
        Argument to the generator's array, or to ``len DIM``, the length of a dimension.
    dims : mapping of str to str
        The generator's, for the coordinates of the model around a function that opens none.
    ties : mapping of str to str
        Observed variable to the argument's array that it is, as it stands.
    varying : frozenset of int
        Which numbers and arrays in the model are data: see `sbc.plugins.template`.
    replaced : bool
        Whether the model itself supplies truth and data: then the value of each observed variable
        is replaced, and everything else stays as the model states it for the design.
    code : bool
        Whether it is code as it stands, and no function.
    anew : bool
        Whether each dataset's model is compiled anew, because a shared one has another density.
    """

    optional: tuple[str, ...] = ()
    arrays: Mapping[str, str] = field(default_factory=dict)
    dims: Mapping[str, str] = field(default_factory=dict)
    ties: Mapping[str, str] = field(default_factory=dict)
    varying: frozenset[int] = frozenset()
    replaced: bool = False
    code: bool = False
    _kept: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(
        cls, function: Callable[..., Any], options: Mapping[str, Any], name: str = ""
    ) -> Undecorated:
        """Read a function's signature: what has no default is an array, numbers are options."""
        parameters = inspect.signature(function).parameters.values()
        plain = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        return cls(
            name=name or function.__name__,
            define=function,
            arguments=tuple(p.name for p in plain if p.default is p.empty),
            estimands=(),
            derived={},
            summary=summary(function),
            options=options,
            optional=tuple(
                p.name for p in plain if p.default is not p.empty and p.name not in options
            ),
        )

    @classmethod
    def of_code(cls, pasted: NotebookModel, file: str) -> Undecorated:
        """Take code as it stands: what it reads and does not set are its arguments."""

        def run(**arrays: Any) -> Any:
            from sbc.plugins.userfile import execute

            return execute(pasted, file, arrays)

        run.__name__ = pasted.name

        return cls(pasted.name, run, pasted.arguments, (), {}, code=True)

    def placed(
        self, generator: Generator, first: Data, second: Data, replaced: bool = False
    ) -> Undecorated:
        """Find what each argument is in a generator's data, and what in the model is data.

        Parameters
        ----------
        generator : Generator
            Whose arrays have the arguments' names, in capitals or not; ``N_GROUPS`` or ``n_groups``
            is the length of the dimension ``groups``.
        first, second : dict of str to ndarray
            Two of its datasets.
        replaced : bool
            Whether the outcomes will be the model's own.

        Raises
        ------
        UserError
            If it has no such array, the model changes from call to call, or a prior follows an
            outcome that the model itself is to supply.
        """
        self._check_sizes(generator, first)
        asked = [*self.arguments, *(name for name in self.optional if name in first)]
        arrays = {name: source_of(self.name, name, generator, first) for name in asked}
        made = replace(
            self,
            arguments=tuple(dict.fromkeys(s for s in arrays.values() if not s.startswith("len "))),
            arrays=arrays,
            dims=generator.dims,
            replaced=replaced,
            _kept={},
        )
        one = made._fresh(first, aloud=True)
        if not arrays:  # called once: if it simulates its data, these are its data
            made._kept["", ""] = one
            return made
        again, other = made._fresh(first), made._fresh(second)
        if one.key != again.key or not _equal(one.arrays(), again.arrays()):
            raise UserError(
                f"'{self.name}' states a different model each time it is called with the same "
                "data; seed its random numbers"
            )
        from sbc.plugins.template import varying

        made = replace(made, varying=varying(one, other), _kept={})
        return made._tied(first)

    def _check_sizes(self, generator: Generator, data: Data) -> None:
        """Refuse a number that looks like the length of a dimension and is another.

        Raises
        ------
        UserError
            Naming both.
        """
        for array, dim in generator.dims.items():
            for known, value in self.options.items():
                length = len(data[array]) if array in data else value
                if known.casefold() == f"n_{dim}".casefold() and value != length:
                    raise UserError(
                        f"'{self.name}' has {known}={value} by default, an option, and the data "
                        f"have {length} {dim}: leave the default out, and it is their number"
                    )

    def array_of(self, observed: str) -> str:
        """Name the array of a dataset that an observed variable is about."""
        return self.ties.get(observed, observed)

    def select(self, data: Data) -> Data:
        """State the model for a dataset and take its arrays out."""
        from sbc.plugins.template import outcome_name

        template = self._template(data)
        arrays = template.arrays()
        if self.replaced:
            for rv in template.model.observed_RVs:
                name = self.array_of(rv.name)
                if given(name) in data or (name in data and name not in self.arguments):
                    arrays[outcome_name(rv.name)] = np.asarray(data[name]).astype(rv.type.dtype)
        arrays |= replicates(data)
        return OwnData(arrays, self._key(template, data), template.stated, template.places())

    def as_written(self, data: Data) -> tuple[Any, dict[str, Array]]:
        """Give the model as the function states it for a dataset, and its outcomes as simulated.

        That is what the model whose data are swapped is compared with.
        """
        from sbc.plugins.template import outcome_name

        if not self.replaced:
            return self._fresh(data).model, {}
        selected = self.select(data)
        model = self._template(data).model
        return model, {rv.name: selected[outcome_name(rv.name)] for rv in model.observed_RVs}

    def _template(self, data: Data) -> Any:
        """Call the function, unless it was called last with these very arrays."""
        from sbc.plugins.template import fingerprint

        if not self.replaced and self.arrays:
            return self._fresh(data)
        design = [np.asarray(data.get(given(name), data[name])) for name in self.arguments]
        key = ("", fingerprint("", *design))
        kept = self._kept.get(key)
        if kept is None:
            kept = self._fresh(data)
            if len(self._kept) > 8:
                self._kept.clear()
            self._kept[key] = kept
        return kept

    def _fresh(self, data: Data, aloud: bool = False) -> Any:
        from sbc.plugins.capture import capture
        from sbc.plugins.template import Template

        lengths = {dim: len(data[name]) for name, dim in self.dims.items() if name in data}
        arguments = {
            name: lengths[source[4:]]
            if source.startswith("len ")
            else np.asarray(data.get(given(source), data[source]))
            for name, source in self.arrays.items()
        }
        coords = {dim: np.arange(length) for dim, length in lengths.items()}
        model = capture(self.define, arguments, coords, aloud)
        if not model.observed_RVs:
            raise UserError(
                f"estimator '{self.name}' observes nothing: no variable has observed=..., so there "
                "are no data to simulate; a likelihood that stands in a Potential cannot be drawn "
                "from"
            )
        lifted = bool(self.arrays) and not self.anew
        return Template(model, lifted, self.replaced, self.varying)

    def _key(self, template: Any, data: Data) -> str:
        from sbc.plugins.graph import holds_closures
        from sbc.plugins.template import fingerprint

        key = str(template.key)
        if not self.arrays or not (self.anew or holds_closures(template.model)):
            return key
        # What Python code holds of the data is in no graph: such a model serves one dataset.
        design = (data.get(given(name), data[name]) for name in self.arguments)
        return fingerprint(key, *design)

    def _tied(self, data: Data) -> Undecorated:
        """Find which argument each outcome is; refuse a prior that follows one of these.

        An argument is an outcome if changing a number in it changes the observed value.
        """
        template = self._fresh(data)
        ties: dict[str, str] = {}
        lagged: dict[str, None] = {}
        for name in self.arguments:
            changed = self._with_one_changed(data, name)
            if changed is None:
                continue
            other, array = changed
            for rv, was in zip(other.model.observed_RVs, template.model.observed_RVs, strict=True):
                value, before = other.observed(rv), template.observed(was)
                if _same(value, array) and _same(before, np.asarray(data[name])):
                    ties[rv.name] = name
                if self.replaced and not np.array_equal(value, before, equal_nan=True):
                    lagged |= dict.fromkeys(self._followers(template, other, name, rv.name))
        names = list(ties.values())
        alone = {rv: name for rv, name in ties.items() if names.count(name) == 1}
        return replace(self, ties=alone, lines=(*self.lines, *map(conditional, lagged)), _kept={})

    def _with_one_changed(self, data: Data, name: str) -> tuple[Any, Array] | None:
        """State the model with one number of an array changed; None if the function cannot."""
        array = np.array(data[name])
        if array.size == 0 or array.dtype.kind not in "iuf":
            return None
        differing = np.flatnonzero(array.ravel() != array.flat[0])
        if len(differing):
            array.flat[differing[0]] = array.flat[0]
        else:
            array.flat[0] += 1
        try:
            return self._fresh({**data, name: array}), array
        except Exception as problem:
            logging.getLogger("sbc").debug("'%s' with '%s' changed: %s", self.name, name, problem)
            return None

    def _followers(self, template: Any, other: Any, argument: str, outcome: str) -> list[str]:
        """Name the likelihoods that follow an outcome's argument; refuse priors that do."""
        priors, potentials, likelihoods = (
            [name for name in before if before[name] != after.get(name)]
            for before, after in zip(template.parts(), other.parts(), strict=True)
        )
        for kind, names in (("prior of", priors), ("Potential", potentials)):
            if names:
                raise UserError(
                    f"the {kind} '{names[0]}' of '{self.name}' depends on the outcome '{outcome}' "
                    f"(argument '{argument}'): a truth drawn from it would follow data that are "
                    "not drawn yet; write the numbers into the prior, or bring an own "
                    + option("generator")
                )
        return likelihoods


def _same(a: Array, b: Array) -> bool:
    return a.shape == b.shape and a.size > 0 and bool((a == b).all())


def _equal(a: Data, b: Data) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[n], b[n]) for n in a)
