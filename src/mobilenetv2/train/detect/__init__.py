"""Learning to detect."""
