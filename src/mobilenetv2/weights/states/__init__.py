"""State dicts of torch: torchvision, timm, transformers and their kin."""
