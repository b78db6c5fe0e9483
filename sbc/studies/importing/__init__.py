"""Results that were made elsewhere become a run folder; nothing is fitted."""
