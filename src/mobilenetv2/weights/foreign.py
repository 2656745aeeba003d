"""What an importer returns: a checkpoint, and how it was arrived at."""

from dataclasses import dataclass, field
from typing import Literal

from mobilenetv2.weights.checkpoint import Checkpoint

Runtime = Literal["litert", "onnxruntime", "torchvision", "timm", "transformers", "keras"]
"""Who runs a foreign file natively, and so can prove that it was read right."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A file of another project, read.

    `notes` say in plain words what was found and decided ("1001 outputs: class 0, the
    background, dropped"); `convert` prints them.
    """

    checkpoint: Checkpoint = field(repr=False)
    format: str
    """For people: "TFLite, int8 per channel", "torchvision state dict"."""
    notes: tuple[str, ...] = ()
    runtime: Runtime | None = None
    """The file's own runtime; None for our own format, or where no package runs such files."""
    unproved: str = ""
    """Why there is no runtime to prove a foreign file with; empty where there is one."""
