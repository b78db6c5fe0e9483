"""Who makes the fits: threads, processes, a cluster."""
