"""What a folder means where a model is asked for: the model that a run has put there."""

import os
from itertools import islice
from pathlib import Path

from mobilenetv2.weights.other_formats import named_folder

FINAL = "model.safetensors"
"""What training writes when it has come to its end, and what others call theirs as well."""
BEST = "best.safetensors"
"""What it writes whenever an epoch is better than those before."""
PRETRAINED = "pytorch_model.bin"
"""What `save_pretrained` of transformers and timm wrote before it took that name."""
SUFFIXES = (
    ".safetensors", ".tflite", ".onnx", ".keras", ".h5", ".pth", ".pt", ".bin", ".program",
)  # fmt: skip
SHOWN = 4
LOOKED_AT = 1000


def model_file(path: Path) -> Path:
    """The model inside the folder of a run or of `save_pretrained`; any other path as it is.

    Of a run that has not ended it is the best epoch so far.
    """
    if is_folder(path):
        for inside in (path / FINAL, path / PRETRAINED, path / BEST):
            if inside.is_file():
                return inside
    return path


def run_told(path: Path) -> str:
    """A sentence on which of a run's files `model_file` takes; "" where the path is no run's."""
    if not is_folder(path) or not (path / BEST).is_file():
        return ""
    if (path / FINAL).is_file():
        return f"{path} is a run: {FINAL}, its last epoch, is taken; {BEST} is its best one"
    return f"{path} is a run that has not ended: {BEST}, its best epoch so far, is taken"


def is_folder(path: Path) -> bool:
    """False for a name that no folder can have, where the path's own method raises."""
    return os.path.isdir(path)  # noqa: PTH112


def no_model_inside(path: Path) -> str:
    """What to say of a folder that holds no `model.safetensors`."""
    known = named_folder(path)
    if known:
        return f"{path} is {known}"
    try:
        names = sorted(item.name for item in islice(path.iterdir(), LOOKED_AT))
    except OSError as error:
        return f"{path} is a folder that cannot be read: {error.strerror or error}"
    models = [name for name in names if name.lower().endswith(SUFFIXES)]
    found = f"name one of the files in it: {', '.join(models[:SHOWN])}"
    if not models:
        found = "there is no model in it"
    return (
        f"{path} is a folder, and none in which a run has kept an epoch or "
        f"save_pretrained has written: these hold {FINAL} or {PRETRAINED}; {found}"
    )
