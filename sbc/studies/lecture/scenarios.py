"""The scenarios in which claims are judged: each is one run of sbc, kept in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sbc.plugins.engine import Budget
from sbc.store.settings import Settings

BUDGET = Budget(draws=500, tune=200, chains=2, target_accept=0.8)
#: With many rows in few groups chains move slowly, and a longer one is cheaper than a second try.
LONGER = Budget(draws=1000, tune=400, chains=2, target_accept=0.8)


@dataclass(frozen=True)
class Scenario:
    """A scenario, and who is fitted in it.

    Attributes
    ----------
    name : str
        That of its run's folder.
    words : str
        How a sentence names it.
    """

    name: str
    words: str
    generator: str
    estimators: tuple[str, ...]
    parameters: Mapping[str, float] = field(default_factory=dict)
    truth: str = "fixed"
    budget: Budget = BUDGET

    def settings(self, datasets: int, seed: int) -> Settings:
        """Give the settings of its run."""
        return Settings(
            generator=self.generator,
            truth=self.truth,
            estimators=self.estimators,
            engines=("nutpie",),
            datasets=datasets,
            seed=seed,
            budget=self.budget,
            parameters=dict(self.parameters),
        )


FIVE = ("naive", "fixed", "multilevel", "mundlak", "latent")
CONFOUND = Scenario("confound", "200 rows in 30 groups", "confound", FIVE)
MANY_ROWS = Scenario("many-rows", "2,000 rows in 30 groups", "confound", FIVE,
                  {"n_rows": 2000}, budget=LONGER)  # fmt: skip
#: Where Mundlak and latent may part. Effects are drawn from the law that both have as a prior, so
#: that posterior sds owe errors of their own size; latent is right about the last of them.
PAIR = ("mundlak", "latent")
AS_IT_IS = Scenario("effects", "200 rows in 30 groups, effects drawn", "confound", PAIR,
                 truth="effects")  # fmt: skip
FEW_ROWS = Scenario("few-rows", "75 rows, 2.5 a group, effects drawn", "confound", PAIR,
                 {"n_rows": 75}, truth="effects")  # fmt: skip
WEAK = Scenario("weak-confound", "a confound of sd 0.5 instead of 1.5, effects drawn", "confound",
                PAIR, {"sd_U": 0.5}, truth="effects")  # fmt: skip
AT_HOME = Scenario("latent-prior", "75 rows, 2.5 a group, all drawn from latent's prior",
                   "confound", PAIR, {"n_rows": 75}, truth="prior")  # fmt: skip
PARTING = (AS_IT_IS, FEW_ROWS, WEAK, AT_HOME)

MULTILEVEL, SIGMA_1, PREDATOR = "tanks_multilevel", "tanks_fixed_sigma", "tanks_predator"
TANKS = Scenario("tanks", "48 tanks like the real ones", "reedfrogs",
              (MULTILEVEL, SIGMA_1, PREDATOR))  # fmt: skip

SCENARIOS = (TANKS, CONFOUND, MANY_ROWS, *PARTING)
