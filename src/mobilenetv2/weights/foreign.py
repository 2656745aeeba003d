"""What an importer returns: a checkpoint, and how it was arrived at."""

from dataclasses import dataclass, field

from mobilenetv2.weights.checkpoint import Checkpoint


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
