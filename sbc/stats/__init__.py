"""Functions of numbers: ranks, uniformity, metrics, intervals, diagnostics of draws."""
