"""Figures from the data of `mobilenetv2.paper`. Everything that needs matplotlib is in here."""
