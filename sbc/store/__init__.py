"""A run as data: its settings, its rows, the names in them, and the lock on its folder."""
