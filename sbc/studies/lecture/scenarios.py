"""The scenarios in which claims are judged: each is one run of sbc, kept in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sbc.plugins.engine import Budget
from sbc.store.settings import Settings

BUDGET = Budget(draws=500, tune=200, chains=2, target_accept=0.8)
#: With many rows in few groups chains move slowly, and a longer one is cheaper than a second try.
LONGER = Budget(draws=1000, tune=400, chains=2, target_accept=0.8)


@dataclass(frozen=True, eq=False)
class Scenario:
    """A scenario, and who is fitted in it.

    Attributes
    ----------
    name : str
        That of its run's folder.
    words : str
        How a sentence names it.
    share : float
        Of the lecture's number of datasets, where one dataset tells as much as many.
    estimands : tuple of str
        What to rank instead of what the estimators name.
    """

    name: str
    words: str
    generator: str
    estimators: tuple[str, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    truth: str = "fixed"
    budget: Budget = BUDGET
    share: float = 1.0
    estimands: tuple[str, ...] = ()

    def settings(self, datasets: int, seed: int) -> Settings:
        """Give the settings of its run."""
        return Settings(
            generator=self.generator,
            truth=self.truth,
            estimators=self.estimators,
            engines=("nutpie",),
            datasets=max(2, round(self.share * datasets)),
            seed=seed,
            budget=self.budget,
            parameters=dict(self.parameters),
            estimands=self.estimands,
        )


# Stories, participants not telling apart: one person gives all answers.
POOLINGS = ("trolley_complete", "trolley_unpooled", "trolley_partial")
COMPLETE, UNPOOLED, PARTIAL = POOLINGS
#: Each number of answers is half as large again as the last.
ANSWERS = (2, 3, 5, 8, 12, 18, 27, 41, 62, 93, 139, 200)


def _stories(name: str, words: str, answers: tuple[int, ...]) -> Scenario:
    return Scenario(name, words, "trolley", POOLINGS, {"n_participants": 1, "answers": answers})


STORY_SIZES = _stories("story-sizes", "12 stories with 2 to 200 answers", ANSWERS)
LEARNING = tuple(
    _stories(f"{n}-answers", f"12 stories with {n} answers each", (n,)) for n in (5, 10, 20)
)
TEN_ANSWERS = LEARNING[1]
#: 360 answers both times.
UNEVEN = _stories("uneven-stories", "12 stories with 2 to 100 answers",
                  (2, 3, 4, 6, 8, 12, 17, 24, 34, 62, 88, 100))  # fmt: skip
EVEN = _stories("even-stories", "12 stories with 30 answers each", (30,))

#: Answers to each of the 12 stories by a participant of the real study, in the stories' order.
REAL_ANSWERS = (2, 2, 4, 4, 2, 2, 2, 2, 2, 2, 3, 3)
CROSSED = ("trolley_crossed_complete", "trolley_crossed_unpooled", "trolley_crossed_partial")
CROSSED_COMPLETE, CROSSED_UNPOOLED, CROSSED_PARTIAL = CROSSED
FEW_PARTICIPANTS = Scenario("few-participants", "12 stories, 12 participants, one answer each",
                            "trolley", CROSSED,
                            {"n_participants": 12, "sd_participant": 1.0}, share=1 / 2)  # fmt: skip
TROLLEY = Scenario("trolley", "331 participants, 12 stories, 9,930 answers", "trolley", CROSSED,
                   {"n_participants": 331, "answers": REAL_ANSWERS, "sd_participant": 1.0},
                   share=1 / 40)  # fmt: skip

FIVE = ("naive", "fixed", "multilevel", "mundlak", "latent")
CONFOUND = Scenario("confound", "200 rows in 30 groups", "confound", FIVE)
MANY_ROWS = Scenario("many-rows", "2,000 rows in 30 groups", "confound", FIVE,
                  {"n_rows": 2000}, budget=LONGER)  # fmt: skip
#: Where Mundlak and latent may part. Effects are drawn from the law that both have as a prior, so
#: that posterior sds owe errors of their own size; latent is right about the last of them.
PAIR = ("mundlak", "latent")
#: Both have a coefficient for the mean of X in a group: its mean of what is seen, its true mean.
THREE_EFFECTS = ("beta_XY", "beta_ZY", "beta_XbarY")
AS_IT_IS = Scenario("effects", "200 rows in 30 groups, effects drawn", "confound", PAIR,
                 truth="effects", estimands=THREE_EFFECTS)  # fmt: skip
FEW_ROWS = Scenario("few-rows", "75 rows, 2.5 a group, effects drawn", "confound", PAIR,
                 {"n_rows": 75}, truth="effects", estimands=THREE_EFFECTS)  # fmt: skip
WEAK = Scenario("weak-confound", "a confound of sd 0.5 instead of 1.5, effects drawn", "confound",
                PAIR, {"sd_U": 0.5}, truth="effects", estimands=THREE_EFFECTS)  # fmt: skip
AT_HOME = Scenario("latent-prior", "75 rows, 2.5 a group, all drawn from latent's prior",
                   "confound", PAIR, {"n_rows": 75}, truth="prior")  # fmt: skip
#: So many groups that no prior outweighs what they say.
MANY_GROUPS = Scenario("many-groups", "200 groups of 3 rows, effects drawn", "confound", PAIR,
                       {"n_groups": 200, "rows_per_group": 3}, truth="effects",
                       share=1 / 2, estimands=THREE_EFFECTS)  # fmt: skip
PARTING = (AS_IT_IS, FEW_ROWS, WEAK, AT_HOME, MANY_GROUPS)
#: Who is said to get an effect, over effects that vary and not at one truth alone.
GETTERS = ("multilevel", "mundlak", "latent")
MANY_EFFECTS = Scenario("many-rows-effects", "2,000 rows in 30 groups, effects drawn", "confound",
                        GETTERS, {"n_rows": 2000}, truth="effects", budget=LONGER,
                        share=1 / 2)  # fmt: skip
VARIED = Scenario("varied-effects", "200 rows in 30 groups, effects drawn", "confound",
                  ("multilevel",), truth="effects")  # fmt: skip

PREDICTORS = ("fixed_new_rows", "multilevel_new_rows")
NEW_ROWS = Scenario("new-rows", "200 rows in 30 groups", "confound_new_rows",
                    PREDICTORS)  # fmt: skip
MANY_NEW_ROWS = Scenario("many-new-rows", "2,000 rows in 30 groups", "confound_new_rows",
                         PREDICTORS, {"n_rows": 2000}, budget=LONGER, share=1 / 4)  # fmt: skip

#: The cells of the committed sweep, in which latent and Mundlak are held against each other.
CONFOUND_SDS, ROWS_PER_GROUP = (0.0, 0.75, 1.5, 2.25, 3.0), (2, 5, 10, 30)
LUXURY = tuple(
    Scenario(f"luxury-{sd:g}-{rows}", f"a confound of sd {sd:g}, {rows} rows a group", "confound",
             PAIR, {"sd_U": sd, "rows_per_group": rows}, truth="effects", share=1 / 4)
    for sd in CONFOUND_SDS
    for rows in ROWS_PER_GROUP
)  # fmt: skip

MULTILEVEL, SIGMA_1, PREDATOR = "tanks_multilevel", "tanks_fixed_sigma", "tanks_predator"
NO_POOLING, NEW_TANKS = "tanks_unpooled", "tanks_new"
SIGMA_LOW, SIGMA_HIGH = f"{SIGMA_1}@sigma=0.1", f"{SIGMA_1}@sigma=5"
TANKS = Scenario("tanks", "48 tanks like the real ones", "reedfrogs",
              (MULTILEVEL, SIGMA_1, PREDATOR, SIGMA_LOW, SIGMA_HIGH))  # fmt: skip

#: Tanks of 25 tadpoles whose sigma is that of the real ones, predators being in no model.
FEW_TANKS = tuple(
    Scenario(f"{n}-tanks", f"{n} tanks of 25 tadpoles", "reedfrogs", (MULTILEVEL, NO_POOLING),
             {"densities": (25,), "tanks_per_density": n, "predator_share": 0.0,
              "alpha_bar": 1.4, "sigma": 1.6})
    for n in (3, 5, 10, 48)
)  # fmt: skip


def _other(name: str, words: str, law: str, **parameters: int) -> Scenario:
    return Scenario(name, words, "other_tanks", (NEW_TANKS, NO_POOLING), parameters, truth=law)


CHOSEN = _other("chosen-tanks", "48 tanks, the best of four each", "normal", candidates=4)
NORMAL = _other("normal-tanks", "48 tanks, normal", "normal")
TWO_POINTS = _other("two-kinds", "48 tanks of two kinds", "two_points")
THICK_TAILS = _other("thick-tails", "48 tanks, a t with 3 degrees of freedom", "thick_tails")
SKEWED = _other("skewed-tanks", "48 tanks, skewed", "skewed")
LAWS = (NORMAL, TWO_POINTS, THICK_TAILS, SKEWED)

SCENARIOS = (
    *(STORY_SIZES, *LEARNING, EVEN, UNEVEN, FEW_PARTICIPANTS, TROLLEY),
    *(TANKS, *FEW_TANKS, CHOSEN, *LAWS),
    *(CONFOUND, MANY_ROWS, *PARTING, VARIED, MANY_EFFECTS),
    *(NEW_ROWS, MANY_NEW_ROWS, *LUXURY),
)
