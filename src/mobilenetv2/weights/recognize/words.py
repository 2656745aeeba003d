"""Layers in words, for messages."""

from typing import assert_never

from mobilenetv2.weights.recognize.layers import (
    ArgMax,
    Average,
    Concat,
    Convolution,
    Layer,
    Padding,
    Picture,
    Resize,
    Rows,
    Sigmoid,
    Softmax,
    Sum,
    Unknown,
    ancestry,
)


def kind(layer: Layer) -> str:
    """A layer in words; of an unknown one, the first unknown operation that led to it."""
    match layer:
        case Convolution():
            name = "depthwise" if layer.depthwise else "full"
            height, width = layer.weight.shape[2:]
            return f"a {name} {height}x{width} convolution to {layer.shape.channels} channels"
        case Picture():
            return "the picture"
        case Sum():
            return "an addition"
        case Average():
            return "an average over the map"
        case Padding():
            return "padding"
        case Concat():
            return f"{len(layer.parts)} maps joined"
        case Resize():
            return f"a resize to {layer.shape.height}x{layer.shape.width}"
        case Rows():
            return f"rows of {layer.shape.channels} numbers"
        case Softmax():
            return "the logarithm of a softmax" if layer.logarithm else "a softmax"
        case Sigmoid():
            return "a sigmoid"
        case ArgMax():
            return "the number of the largest channel"
        case Unknown():
            first = next(part for part in ancestry((layer,)) if isinstance(part, Unknown))
            return first.operation
        case _:
            assert_never(layer)
