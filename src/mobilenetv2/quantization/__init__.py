"""Anyone's float network in integers of 8 bits, with what it costs.

`mobilenetv2.quantize` is the function; so the room is called by what it makes.
"""

from mobilenetv2.quantization.proof import Proof
from mobilenetv2.quantization.result import Quantized
from mobilenetv2.quantization.steps import StepNoise
from mobilenetv2.quantization.to_integers import quantize

__all__ = ["Proof", "Quantized", "StepNoise", "quantize"]
