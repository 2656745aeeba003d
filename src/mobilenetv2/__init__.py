"""MobileNetV2 as a tool: classify, fine-tune, import public weights with proof."""
