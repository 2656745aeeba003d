"""Ours beside other runtimes in a browser."""
