"""Proof of an import: the original in its own runtime, and ours, on the same pictures."""
