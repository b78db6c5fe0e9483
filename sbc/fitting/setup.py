"""Names become things, once: an estimator in its run, with all that is made of it."""

from __future__ import annotations

from functools import cached_property
from threading import RLock
from typing import Any

import numpy as np

from sbc.fitting import estimands
from sbc.fitting.allowed import generator_of
from sbc.plugins.data import Data, Dataset
from sbc.plugins.errors import UserError
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator
from sbc.plugins.memory import Memory
from sbc.plugins.undecorated import Undecorated
from sbc.stats import seeds
from sbc.store.settings import Settings

_setups = Memory()
#: Models are stated by one thread at a time, in whatever setup: PyMC keeps the open one by thread,
#: but what users write need not.
_stating = RLock()


class Setup:
    """One estimator of a run, and the things that its names stand for.

    Attributes
    ----------
    settings : Settings
        Of the run. The number of datasets, the engines and their budget are nothing to a setup:
        runs that differ in these alone share it.
    spec : str
        The estimator as the run names it.
    """

    def __init__(self, settings: Settings, spec: str) -> None:
        self.settings, self.spec = settings, spec
        self._joints: dict[str, Any] = {}
        self._posterior: Any = None

    @cached_property
    def generator(self) -> Generator:
        """The generator, its design taken from the real data if there are any."""
        return generator_of(self.settings)

    @cached_property
    def designs(self) -> list[Data]:
        """The data of two datasets, always the same ones, to try models on."""
        return designs(self.settings)

    @property
    def estimator(self) -> Estimator:
        """The estimator: its estimands named, its arrays found.

        Raises
        ------
        UserError
            If an ordinary function cannot be called with the generator's arrays, or states no
            variable that could be estimated.
        """
        with _stating:
            return self._estimator

    @cached_property
    def _estimator(self) -> Estimator:
        return estimands.resolved(self)

    @cached_property
    def trial(self) -> tuple[Any, Dataset, int]:
        """What a function gives for a dataset, and that; result and errors of `functions.trial`."""
        from sbc.fitting.functions import trial

        return trial(self)

    def source(self) -> str:
        """Name whose datasets these are: nobody's, unless each estimator has its own."""
        return self.spec if self.settings.regime.own else ""

    def stream(self, dataset: int) -> np.random.SeedSequence:
        """Give the random stream that makes a dataset."""
        return seeds.data_stream(self.settings.seed, dataset, self.source())

    def draw(self, dataset: int) -> Dataset:
        """Draw dataset number `dataset`: the same arrays wherever, whenever and however often."""
        settings, rng = self.settings, np.random.default_rng(self.stream(dataset))
        if not settings.regime.own:
            return self.generator.draw(rng, settings.truth, **settings.parameters)
        design = self.generator.design(rng, **settings.parameters)
        if settings.regime.given_data:
            return self._replicated(design).draw(dataset, rng)
        return self.joint(self.estimator, design).draw(rng, design, dataset)

    def joint(self, made: Estimator, design: Data) -> Any:
        """Give the joint distribution of the estimator, for data of this design's structure.

        Parameters
        ----------
        made : Estimator
            The estimator, its estimands named.
        design : dict of str to ndarray
            What the model is given.

        Returns
        -------
        sbc.fitting.joint.Joint
        """
        from sbc.fitting.joint import Joint

        structure = made.structure(made.select(design)) if isinstance(made, Undecorated) else ""
        with _stating:
            if structure not in self._joints:
                seed, simulator = self.settings.seed, self.settings.simulator
                self._joints[structure] = Joint(made, self.generator, design, seed, simulator)
            return self._joints[structure]

    def _replicated(self, real: Data) -> Any:
        """Give the posterior given the real data, of which there is one."""
        with _stating:
            if self._posterior is None:
                from sbc.fitting.posterior_sbc import Replicated

                made, seed = self.estimator, self.settings.seed
                self._posterior = Replicated(made, self.generator, real, seed)
            return self._posterior


def setup_of(settings: Settings, spec: str) -> Setup:
    """Give the setup of an estimator, made when it is first asked for."""
    key = (
        *(spec, *settings.process, settings.estimands, settings.quantities),
        *(str(settings.parameters), settings.seed, spec in settings.functions),
    )
    found: Setup = _setups.get(key, lambda: Setup(settings, spec))
    return found


def estimator_of(settings: Settings, spec: str) -> Estimator:
    """Give an estimator as a run has it; errors as of `Setup.estimator`."""
    return setup_of(settings, spec).estimator


def draw_dataset(settings: Settings, dataset: int, estimator: str) -> Dataset:
    """Draw dataset number `dataset`, of this estimator's own where each has its own."""
    return setup_of(settings, estimator).draw(dataset)


def designs(settings: Settings) -> list[Data]:
    """Draw the data of two datasets, always the same ones, to try models on.

    Raises
    ------
    UserError
        If the generator cannot draw.
    """
    return [design(settings, seed) for seed in (0, 1)]


def design(settings: Settings, seed: int = 0) -> Data:
    """Draw the data of one dataset, the same one for the same seed; errors as of `designs`."""
    try:
        return _design(settings, seed)
    except (ArithmeticError, LookupError, MemoryError, ValueError) as problem:
        raise UserError(
            f"{generator_of(settings).name} cannot draw a dataset: {problem}"
        ) from problem


def _design(settings: Settings, seed: int) -> Data:
    generator, rng = generator_of(settings), np.random.default_rng(seed)
    if settings.truth in generator.regimes:
        return generator.draw(rng, settings.truth, **settings.parameters).data
    return generator.design(rng, **settings.parameters)
