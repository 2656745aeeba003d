"""Weights in files: our own checkpoints, foreign formats, and public files from the network."""
