"""One simulated world a file, in NumPy alone."""
