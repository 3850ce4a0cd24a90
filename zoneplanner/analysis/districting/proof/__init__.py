"""The proof that no better plan exists, or how much better one could be."""
