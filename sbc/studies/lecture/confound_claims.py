"""What the lecture claims of the confound of groups and of five estimators."""

from __future__ import annotations

from sbc.studies.lecture import measures as m
from sbc.studies.lecture import vector_measures as v
from sbc.studies.lecture.claims import Claim, Criterion
from sbc.studies.lecture.judged import Bounds
from sbc.studies.lecture.scenarios import (
    AS_IT_IS,
    CONFOUND,
    FEW_ROWS,
    LUXURY,
    MANY_EFFECTS,
    MANY_GROUPS,
    MANY_NEW_ROWS,
    MANY_ROWS,
    NEW_ROWS,
    PAIR,
    PARTING,
    PREDICTORS,
    VARIED,
    Scenario,
)

_GETS = (
    "Off by less than a tenth of the prior's sd on average, and an interval of 95 % that holds the "
    "truth nine times in ten or more: less would mislead a reader who trusts it."
)
_VARIED = (
    _GETS + " Where effects are drawn, estimates that are too small by a factor are right on "
    "average all the same; the slope of the truth on the estimate tells them, and may be off by a "
    "tenth."
)


def _bias(estimator: str, quantity: str) -> Criterion:
    return Criterion("bias", m.of("bias", estimator, quantity), Bounds(-0.1, 0.1))


def _covers(estimator: str, quantity: str) -> Criterion:
    words = "coverage of the 95 % interval"
    return Criterion(words, m.coverage(estimator, quantity), Bounds(0.9))


def _gets(name: str, quantity: str, scenario: Scenario) -> Claim:
    """Claim that an estimator gets an effect, at one truth or over effects that are drawn."""
    estimator, criteria = name.lower(), [_bias(name.lower(), quantity)]
    if scenario.truth == "effects":
        words = "slope of the truth on the estimate"
        criteria.append(Criterion(words, m.slope(estimator, quantity), Bounds(0.9, 1.1)))
    criteria.append(_covers(estimator, quantity))
    why = _VARIED if scenario.truth == "effects" else _GETS
    return Claim(f"{name} gets {quantity}.", scenario, (estimator,), tuple(criteria), why)


def _beats(other: str, scenario: Scenario) -> Claim:
    error = m.difference("rmse", "fixed", other, "beta_XY")
    words = f"root mean squared error of beta_XY, fixed − {other}"
    return Claim(
        f"Fixed effects beat {other} on beta_XY.",
        scenario,
        ("fixed", other),
        (Criterion(words, error, Bounds(high=0)),),
        "To beat is to be nearer to the truth on the same datasets.",
    )


def _blind(scenario: Scenario) -> Claim:
    criterion = Criterion(
        "contraction of beta_ZY", m.of("contraction", "fixed", "beta_ZY"), Bounds(high=0.25)
    )
    return Claim(
        "Fixed effects say nothing on beta_ZY.",
        scenario,
        ("fixed",),
        (criterion,),
        "Contraction is the share of the prior's variance that the data remove. Below one quarter "
        "the prior's sd of 1 is still 0.87.",
    )


def _carries(scenario: Scenario) -> Claim:
    criteria = (
        Criterion("spread of z of beta_XY, mundlak",
                  m.of("z_sd", "mundlak", "beta_XY"), Bounds(1)),
        Criterion("spread of z of beta_XY, mundlak − latent",
                  m.difference("z_sd", "mundlak", "latent", "beta_XY"), Bounds(0.05)),
    )  # fmt: skip
    return Claim(
        "Latent carries in beta_XY the uncertainty of Xbar that Mundlak ignores.",
        scenario,
        ("latent", "mundlak"),
        criteria,
        "Who ignores an uncertainty makes errors larger than the posterior sds reported: "
        "z = error / sd spreads beyond 1, and beyond the z of who carries it. A twentieth more is "
        "the least that matters: an interval of 95 % then covers 94 %.",
    )


def _attenuates(scenario: Scenario) -> Claim:
    criteria = (
        Criterion("bias of the coefficient of Xbar, mundlak",
                  m.of("bias", "mundlak", "beta_XbarY"), Bounds(high=0)),
        Criterion("bias of that coefficient, mundlak − latent",
                  m.difference("bias", "mundlak", "latent", "beta_XbarY"), Bounds(high=0)),
    )  # fmt: skip
    return Claim(
        "What Mundlak ignores shows in the coefficient of Xbar.",
        scenario,
        ("mundlak", "latent"),
        criteria,
        "What is seen of a group's mean of X is the true mean and an error, and the coefficient of "
        "both together is smaller than that of the true mean, which is 1 here: by a factor of .94 "
        "with 6.7 rows a group, .87 with 3 and .85 with 2.5. Latent has the true mean in its "
        "model. With few groups both priors shrink the coefficient, latent's more.",
    )


def _predicts(text: str, vector: str, words: str, scenario: Scenario) -> Claim:
    fixed, multilevel = PREDICTORS
    error = v.error_difference(vector, multilevel, fixed)
    return Claim(
        text,
        scenario,
        PREDICTORS,
        (Criterion(f"{words}, multilevel − fixed", error, Bounds(high=0)),),
        "Smaller errors on the same datasets: of what a group adds to the log odds, or of the "
        "probability of Y = 1 in one row more of every group and of each new one.",
    )


_PREDICTED = (
    ("Multilevel estimates group effects better than fixed effects do.", "by_group",
     "error of the groups' effects"),
    ("Multilevel predicts new rows of known groups better than fixed effects do.", "p_known",
     "error of the rows' probability"),
    ("Multilevel predicts rows of new groups better than fixed effects do.", "p_new",
     "error of the rows' probability"),
)  # fmt: skip


def _luxury() -> Claim:
    def average(metric: str, quantity: str) -> m.Measure:
        return v.average_difference(metric, "latent", "mundlak", quantity, LUXURY)

    errors = tuple(
        Criterion(f"root mean squared error of {quantity}, latent − mundlak",
                  average("rmse", quantity), Bounds(high=0))
        for quantity in ("beta_XY", "beta_ZY")
    )  # fmt: skip
    covered = average("coverage", "beta_XY")
    time = v.average_time_ratio("latent", "mundlak", LUXURY)
    return Claim(
        "Full luxury is generally the way to go.",
        LUXURY[0],
        PAIR,
        (
            *errors,
            Criterion("coverage of beta_XY's 95 % interval, latent − mundlak", covered,
                      Bounds(-0.01)),
            Criterion("seconds a fit, latent / mundlak", time, Bounds(high=3)),
        ),
        "Averages over the scenarios of the sweep that is among the examples: confounds of sd 0 to "
        "3, 2 to 30 rows a group. Smaller errors, a coverage that is not lower by more than a "
        "hundredth, and at most three times the time.",
        over=LUXURY,
    )  # fmt: skip


CONFOUND_CLAIMS = (
    _beats("multilevel", CONFOUND),
    _beats("multilevel", MANY_ROWS),
    _beats("naive", CONFOUND),
    _beats("naive", MANY_ROWS),
    *(_predicts(*words, scenario)
      for words in _PREDICTED
      for scenario in (NEW_ROWS, MANY_NEW_ROWS)),
    _blind(CONFOUND),
    _blind(MANY_ROWS),
    *(_gets("Multilevel", "beta_ZY", scenario)
      for scenario in (CONFOUND, VARIED, MANY_ROWS, MANY_EFFECTS)),
    *(_gets(name, quantity, scenario)
      for name in ("Mundlak", "Latent")
      for quantity in ("beta_XY", "beta_ZY")
      for scenario in (CONFOUND, AS_IT_IS, MANY_ROWS, MANY_EFFECTS)),
    *(_carries(scenario) for scenario in PARTING),
    *(_attenuates(scenario) for scenario in (AS_IT_IS, FEW_ROWS, MANY_GROUPS)),
    _luxury(),
)  # fmt: skip
