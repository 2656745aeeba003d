"""How our own files name themselves: `format` in the metadata of a safetensors file."""

CHECKPOINT = "mobilenetv2"
PROGRAM = "mobilenetv2-program"
