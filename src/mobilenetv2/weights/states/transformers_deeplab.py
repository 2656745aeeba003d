"""transformers' `MobileNetV2ForSemanticSegmentation`: Mobile DeepLabv3 under names of its own."""

import re
from dataclasses import replace

from mobilenetv2.catalog.labels import fit_labels, segmenter_labels
from mobilenetv2.errors import CheckpointError, GraphError, SpecError
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.weights.assemble import check_finite, in_words, sha256
from mobilenetv2.weights.checkpoint import Array, Checkpoint, Provenance, check_fit
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.infer import Conventions
from mobilenetv2.weights.infer_segmenter import infer_segmenter
from mobilenetv2.weights.states.rename import BATCH_NORM_PARTS, Parts, rename
from mobilenetv2.weights.states.side_file import Json, entry
from mobilenetv2.weights.states.torch_file import StateDict

HEAD = "segmentation_head."
NODES = {
    "conv_pool": "aspp.image",
    "conv_aspp": "aspp.point",
    "conv_projection": "aspp.project",
    "classifier": "logits",
}
GOOGLES_STRIDE = 8
"""Of the public files (deeplabv3_mobilenet_v2_1.0_513); the class's own default is 32."""
UNUSED = ("last.weight", "last.gamma", "last.beta", "last.mean", "last.variance")
"""The file keeps the backbone's last convolution, which a segmenter does not compute."""
_PART = re.compile(r"segmentation_head\.(\w+)\.(convolution|normalization)\.(\w+)")


def from_deeplab(
    state: StateDict,
    backbone: dict[str, Array],
    parts: Parts,
    config: Json,
    preprocessing: Preprocessing,
    labels: tuple[str, ...] | None,
) -> Foreign:
    """A segmenter from its arrays.

    Args:
        state: the file.
        backbone: its arrays under our names.
        parts: the file taken apart; the head is what is left beside the backbone.
        config: `config.json`, empty where there is none.
        preprocessing: of the image processor.
        labels: one a class, the background among them; None for well-known ones.

    Raises:
        CheckpointError: shapes of no such segmenter, numbers that are not finite, or the wrong
            number of labels.
    """
    rest = {name.removeprefix(parts.prefix): array for name, array in parts.rest.items()}
    weights = backbone | rename(rest, _ours, "transformers", state.path, parts.network)
    weights = {name: array for name, array in weights.items() if name not in UNUSED}
    check_finite(weights, state.path)
    stride = entry(config, "output_stride", GOOGLES_STRIDE)
    # The head is fitted to whole pictures, where a classifier's processor cuts out the middle.
    preprocessing = replace(preprocessing, fit="pad", crop_fraction=1.0)
    shapes = {name: array.shape for name, array in weights.items()}
    try:
        conventions = Conventions(
            preprocessing.size,
            "tensorflow" if entry(config, "tf_padding", True) else "torch",
            entry(config, "layer_norm_eps", 0.001),
        )
        spec = infer_segmenter(shapes, conventions, stride)
        check_fit(spec, shapes)
        notes = (
            *state.notes, *parts.notes, *_said(config, stride),
            "the backbone's last convolution, conv_1x1, stands in the file and is not used, as a "
            "segmenter reads the map before it",
        )  # fmt: skip
        checkpoint = Checkpoint(
            spec=spec,
            weights=weights,
            preprocessing=preprocessing,
            labels=fit_labels(labels or segmenter_labels(spec.head.classes), spec.head.classes),
            provenance=Provenance(
                f"{state.path.name}, a transformers MobileNetV2 DeepLab ({state.container})",
                sha256(state.path),
                notes,
            ),
            license="unknown",
        )
    except (CheckpointError, SpecError, GraphError) as error:
        raise CheckpointError(f"{state.path}: {error}") from error
    form = f"transformers MobileNetV2ForSemanticSegmentation ({state.container})"
    return Foreign(checkpoint, form, (in_words(spec), *notes), "transformers")


def _said(config: Json, stride: int) -> tuple[str, ...]:
    if config:
        return ("epsilon, padding, output stride and labels from config.json",)
    return (
        f"the file does not say its output stride: assumed {stride}, that of Google's; keep "
        "config.json beside it to have it read",
    )


def _ours(name: str) -> str | None:
    """Our name for one of the head's."""
    match = _PART.fullmatch(name)
    node = None if match is None else NODES.get(match[1])
    if match is None or node is None:
        return None
    if match[2] == "normalization":
        array = BATCH_NORM_PARTS.get(match[3])
    else:
        array = match[3] if match[3] == "weight" or node == "logits" else None
    return None if array is None else f"{node}.{array}"
