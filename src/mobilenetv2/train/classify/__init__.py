"""Learning to classify."""
