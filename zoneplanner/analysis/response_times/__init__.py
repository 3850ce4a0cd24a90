"""What response to expect: the hypercube queueing model, simulations, and moves that help."""
