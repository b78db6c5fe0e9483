"""One sampler a file: compile an estimator once, fit it many times.

An engine is a function ``(estimator, generator, data) -> Compiled`` under the decorator
``sbc.engine``, named as its file; docs/engines.md is the contract.
"""
