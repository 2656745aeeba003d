"""Hugging Face transformers' MobileNetV2 with a head, which are TF-slim's weights."""

import re
from collections.abc import Iterable
from pathlib import Path

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.assemble import TF_CLASSES, Source, assemble
from mobilenetv2.weights.checkpoint import Weights
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.states.dense_head import features_of, read_head
from mobilenetv2.weights.states.rename import BATCH_NORM_PARTS, Parts, rename, take_apart
from mobilenetv2.weights.states.side_file import Json, entry, read_json
from mobilenetv2.weights.states.torch_file import StateDict, read_torch_file
from mobilenetv2.weights.states.transformers_deeplab import HEAD, from_deeplab
from mobilenetv2.weights.states.transformers_images import image_preprocessing

ANCHOR = "conv_stem.first_conv.convolution.weight"
STEM = {"first_conv": "stem", "conv_3x3": "block0.depthwise", "reduce_1x1": "block0.project"}
BLOCK = {"expand_1x1": "expand", "conv_3x3": "depthwise", "reduce_1x1": "project"}
CONVOLUTION = re.compile(
    r"(?:mobilenet_v2\.)?(?:conv_stem\.(\w+)|layer\.(\d+)\.(\w+)|(conv_1x1))"
    r"\.(convolution|normalization)\.(\w+)"
)


def read_transformers(path: str | Path, labels: tuple[str, ...] | None = None) -> Foreign:
    """Import transformers weights; `config.json` and `preprocessor_config.json` are used if there.

    Without them: TensorFlow padding, epsilon 0.001, values in [-1, 1], short side 256, crop 224.

    Raises:
        CheckpointError: unreadable, hostile, or not such a network.
        MissingDependencyError: a torch file, and torch is not installed.
    """
    return from_transformers(read_torch_file(path), labels)


def from_transformers(state: StateDict, labels: tuple[str, ...] | None) -> Foreign:
    """As `read_transformers`, from arrays already read."""
    parts = network_parts(state.arrays)
    _check_stem(state.arrays, state.path)
    weights = rename(parts.network, ours, "transformers", state.path, parts.rest)
    if any(HEAD in name for name in parts.rest):
        config = model_config(state.path)
        names = labels or _labels(config, _segmenter_classes(parts.rest))
        preprocessing = image_preprocessing(state.path.parent, config)
        return from_deeplab(state, weights, parts, config, preprocessing, names)
    head = read_head(parts.rest, features_of(weights, state.path), parts.prefix, state.path)
    weights |= head.head.weights
    config = model_config(state.path)
    classes = len(weights.get("logits.weight", ()))
    several = classes > 0 and _several_labels(config, state.path)
    stride = entry(config, "output_stride", 32)
    source = Source(
        path=state.path,
        format=f"transformers MobileNetV2 ({state.container})",
        runtime="transformers",
        preprocessing=image_preprocessing(state.path.parent, config),
        padding="tensorflow" if entry(config, "tf_padding", True) else "torch",
        batch_norm_epsilon=entry(config, "layer_norm_eps", 0.001),
        output_stride=stride,
        notes=(
            *state.notes,
            *parts.notes,
            *head.notes,
            *(["epsilon, padding and labels from config.json"] if config else []),
            *([several_labels(classes)] if several else []),
        ),
        activation=head.head.activation,
        scores="sigmoid" if several else "softmax",
    )
    if labels is None and classes:
        labels = _labels(config, classes)
    return assemble(weights, labels, source)


def network_parts(arrays: Weights) -> Parts:
    """The convolutions and batch norms under transformers' names, and all that is beside them."""
    return take_apart(arrays, _anchor(arrays), lambda name: ours(name) is not None)


def ours(name: str) -> str | None:
    """Our name for one of transformers'."""
    match = CONVOLUTION.fullmatch(name)
    if match is None:
        return None
    stem, block, role, last, kind, part = match.groups()
    if stem is not None:
        node = STEM.get(stem)
    elif last is not None:
        node = "last"
    else:
        node = f"block{int(block) + 1}.{BLOCK[role]}" if role in BLOCK else None
    array = BATCH_NORM_PARTS.get(part) if kind == "normalization" else part
    if node is None or array is None or (kind == "convolution" and part != "weight"):
        return None
    return f"{node}.{array}"


def model_config(path: Path) -> Json:
    """`config.json` beside the weights, if it describes a MobileNetV2 of transformers.

    Raises:
        CheckpointError: not JSON, or it asks for what this package does not have.
    """
    config = read_json(path.parent / "config.json")
    if config.get("model_type") != "mobilenet_v2":
        return {}
    activation = entry(config, "hidden_act", "relu6")
    if activation != "relu6":
        raise CheckpointError(
            f"{path}: MobileNetV2's activation is relu6, config.json says {activation!r}"
        )
    return config


def several_labels(classes: int) -> str:
    """What a configuration for several labels a picture makes of the logits."""
    return f"config.json: multi-label, so each of {classes} labels is scored by itself"


def _several_labels(config: Json, path: Path) -> bool:
    """Whether classes do not exclude each other, as the configuration says that they were taught.

    Raises:
        CheckpointError: it was taught numbers instead of classes.
    """
    taught = config.get("problem_type")
    if taught == "regression":
        raise CheckpointError(
            f"{path}: config.json says problem_type 'regression': the network answers with "
            "numbers, not with classes, which this package has no head for"
        )
    return taught == "multi_label_classification"


def _anchor(names: Iterable[str]) -> str:
    """The anchor with the model's own prefix, so that only a wrapper's is taken away."""
    own = f"mobilenet_v2.{ANCHOR}"
    return own if any(name.endswith(own) for name in names) else ANCHOR


def _check_stem(names: Iterable[str], path: Path) -> None:
    for name in names:
        if "conv_stem.expand_1x1." in name:
            raise CheckpointError(
                f"{path}: it has an expand convolution in its first block "
                "(first_layer_is_expansion=False), which the paper's network does not have; "
                "only first_layer_is_expansion=True can be imported"
            )


def _segmenter_classes(head: Weights) -> int:
    logits = (name for name in head if name.endswith(f"{HEAD}classifier.convolution.weight"))
    return next((len(head[name]) for name in logits if head[name].ndim), 0)


def _labels(config: Json, classes: int) -> tuple[str, ...] | None:
    """`id2label`, unless it is transformers' placeholder ("LABEL_0" ...) or of another length."""
    table: dict[str, object] = entry(config, "id2label", {})
    names = [table.get(str(index)) for index in range(classes)]
    if len(table) != classes or any(not isinstance(name, str) for name in names):
        return None
    if classes == TF_CLASSES and names[0] == "LABEL_0":
        return None
    return None if names[-1] == f"LABEL_{classes - 1}" else tuple(map(str, names))


def suits_transformers(names: Iterable[str]) -> bool:
    """Whether tensor names are of this family."""
    return any(name.endswith(ANCHOR) for name in names)
