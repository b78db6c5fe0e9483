"""What is expected of a run, the evidence, and the verdicts."""
