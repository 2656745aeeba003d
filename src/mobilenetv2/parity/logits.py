"""Logits of the same pictures, from our reference and from a torch module."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

import numpy as np
import numpy.typing as npt

from mobilenetv2.catalog.labels import IMAGENET_CLASSES
from mobilenetv2.engine.oracle import oracle
from mobilenetv2.errors import ParityError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import TABLE_2, MobileNetV2, Spec, round_channels
from mobilenetv2.parity.compare import Parity, Quantity, compare
from mobilenetv2.parity.ending import as_two_classes
from mobilenetv2.tasks.pixels import normalize
from mobilenetv2.weights.checkpoint import Array, Checkpoint
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.head import Bend, Linear, Scale, Step

if TYPE_CHECKING:
    import torch

Images = Sequence[npt.NDArray[np.uint8]]
"""Pictures at the network's input size, [height, width, 3] each."""
NAMELESS = (
    "the head's activations and whether scores are a softmax's or sigmoids, which weights do not "
    "name"
)
"""What a proof with weights alone, up to the logits, does not tell."""


def network_inputs(checkpoint: Checkpoint, images: Images) -> Array:
    """The pictures as the network receives them, float32 [pictures, height, width, 3]."""
    if not images:
        raise ParityError("a parity proof needs at least one picture, got none")
    return np.stack([normalize(image, checkpoint.preprocessing) for image in images])


def our_logits(checkpoint: Checkpoint, inputs: Array) -> Array:
    """Float32 [pictures, classes], or a feature extractor's [pictures, channels].

    By the reference; one picture after the other to save memory.
    """
    graph = build(checkpoint.spec)
    (name,) = graph.outputs
    run = oracle(graph, checkpoint.numbers)
    return np.concatenate([run(inputs[i : i + 1])[name].reshape(1, -1) for i in range(len(inputs))])


def torch_logits(model: "torch.nn.Module", inputs: Array) -> Array:
    """Float32 [pictures, outputs] of a torch module in its evaluation mode."""
    import torch

    model.eval()
    with torch.inference_mode():
        outputs = model(torch.from_numpy(np.ascontiguousarray(inputs.transpose(0, 3, 1, 2))))
    logits: Array = getattr(outputs, "logits", outputs).numpy()
    return logits


def compare_logits(
    foreign: Foreign, inputs: Array, theirs: Array, version: str, unchecked: str = ""
) -> Parity:
    """Ours against `theirs`, which may have the background we dropped in front, or one output.

    `unchecked` says what of the file this does not compare; of ImageNet's own classes, which are
    a softmax's, nothing.
    """
    checkpoint = foreign.checkpoint
    classes = checkpoint.spec.head.classes
    theirs = as_two_classes(theirs, classes, probabilities=False)
    if theirs.shape[1] == classes + 1:
        theirs = theirs[:, 1:]
    runtime = str(foreign.runtime)
    quantity: Quantity = "logits" if classes else "features"
    parity = compare(our_logits(checkpoint, inputs), theirs, quantity, runtime, version)
    return replace(parity, unchecked="" if classes in (0, IMAGENET_CLASSES) else unchecked)


def load_arrays(model: "torch.nn.Module", arrays: "dict[str, Array]") -> None:
    """Fill a torch module by its own names; step counters may be missing, nothing else may.

    Raises:
        ParityError: names or shapes that are not the module's.
    """
    import torch

    state = {name: torch.from_numpy(array) for name, array in arrays.items()}
    try:
        missing, unexpected = model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise ParityError(f"the file does not fit its own framework: {error}") from error
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise ParityError(
            "the file does not fit its own framework: "
            f"it lacks {missing[:3]} and has {unexpected[:3]} too many"
        )


def torch_head(steps: Sequence[Step]) -> "torch.nn.Module":
    """A file's head in torch, layer by layer as the file has it."""
    import torch
    from torch import nn

    class Affine(nn.Module):
        def __init__(self, step: Scale) -> None:
            super().__init__()
            self.gain = torch.from_numpy(step.gain.astype(np.float32))
            self.offset = torch.from_numpy(step.offset.astype(np.float32))

        def forward(self, values: torch.Tensor) -> torch.Tensor:
            return values * self.gain + self.offset

    def layer(step: Step) -> nn.Module:
        match step:
            case Scale():
                return Affine(step)
            case Bend():
                return nn.ReLU() if step.activation == "relu" else nn.ReLU6()
            case Linear():
                rows, columns = step.weight.shape
                made = nn.Linear(columns, rows, bias=step.bias is not None)
                state = {"weight": step.weight} | ({} if step.bias is None else {"bias": step.bias})
                made.load_state_dict({name: torch.tensor(array) for name, array in state.items()})
                return made
            case _:
                assert_never(step)

    return nn.Sequential(*map(layer, steps))


def likely_widths(spec: Spec) -> Iterator[float]:
    """Width multipliers by which a framework may have made the network, the likeliest first.

    Frameworks round channels in slightly different ways, so the spec's own width may not be
    theirs. The 320 channels of the last stage tell it to about 0.01.
    """
    yield spec.width
    if isinstance(spec.backbone, MobileNetV2):
        trunk = round_channels(spec.backbone.stages[-1].channels * spec.width)
        for step in range(-5, 6):
            yield round(trunk / TABLE_2[-1].channels + step / 100, 2)
