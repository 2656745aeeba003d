"""Integers of 8 bits for a float network, from what its maps hold on pictures.

Below `quantization`, which proves them, and `train`, which goes on from them.
"""
