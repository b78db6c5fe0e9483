"""One estimator a file, in PyMC."""
