"""Callbacks that write a run into other people's tools, each where its library is installed."""
