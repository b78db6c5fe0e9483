"""Dataset k, its fit, and a run until it is complete."""
