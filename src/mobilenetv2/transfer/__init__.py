"""Bytes over HTTP: how long to wait for a server, and when to leave it."""
