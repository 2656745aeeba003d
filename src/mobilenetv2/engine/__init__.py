"""Runners: a graph and its weights become a function from pictures to maps."""
