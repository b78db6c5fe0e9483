"""Sweeps: the same estimators over a grid of parameters, to see where each of them breaks."""
