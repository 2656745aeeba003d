"""Graph and weights as files of other runtimes: ONNX, TFLite, ncnn."""
