"""Sweeps: the same estimators over a grid of worlds, to see where each of them breaks."""
