"""One command a file: its options, and a function that does it and returns the exit code."""
