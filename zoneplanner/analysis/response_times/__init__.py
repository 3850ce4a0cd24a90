"""The expected response: the hypercube queueing model, simulations, and moves that help."""
