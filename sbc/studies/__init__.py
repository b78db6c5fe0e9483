"""What users ask for: runs, gates, replays, merges, designs, sweeps, the lecture."""
