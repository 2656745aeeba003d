"""Folders answered by us and by others."""
