"""One sampler a file: compile an estimator once, fit it many times.

An engine's module offers

- ``BACKEND``: the joblib backend that suits it, ``"threading"`` or ``"loky"``;
- ``compile(estimator, generator, data) -> Compiled``: whatever is slow and the same for every
  dataset of these shapes;
- ``Compiled.fit(data, budget, seed) -> Draws`` and
  ``Compiled.log_likelihood(truth, data) -> float``.
"""
