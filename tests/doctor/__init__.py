"""Doctor: what collectors read from files, and what the rules say of it."""
