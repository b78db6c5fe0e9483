"""One data-generating process a file, in NumPy alone."""
