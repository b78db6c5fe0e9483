"""Tests that may be looked at after every dataset, and their power."""
