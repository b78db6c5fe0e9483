"""What a model, a generator and an engine must offer, and how they are found."""
