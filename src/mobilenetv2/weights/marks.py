"""How our own files name themselves: `format` in their metadata."""

CHECKPOINT = "mobilenetv2"
PROGRAM = "mobilenetv2-program"
EXPORT = "mobilenetv2-export"
"""In the metadata of ONNX and TFLite files."""
