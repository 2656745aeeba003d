"""A state dict of one of the torch families: which one, its tensors' names tell."""

import re
from collections.abc import Iterable
from pathlib import Path

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.states.likeness import likeness
from mobilenetv2.weights.states.mmdetection import from_mmdetection, suits_mmdetection
from mobilenetv2.weights.states.qfgaohao import from_qfgaohao, suits_qfgaohao
from mobilenetv2.weights.states.timm import from_timm, suits_timm
from mobilenetv2.weights.states.torch_file import read_torch_file
from mobilenetv2.weights.states.torchvision import (
    from_torchvision,
    suits_listed_torchvision,
    suits_torchvision,
)
from mobilenetv2.weights.states.torchvision_ssdlite import (
    from_torchvision_ssdlite,
    suits_torchvision_ssdlite,
)
from mobilenetv2.weights.states.transformers import from_transformers, suits_transformers

OBSERVER = re.compile(r"(^|[._])(activation_post_process|weight_fake_quant)([._]|$)")
"""Modules of torch's quantisation-aware training, which fuses batch norms away."""


IN_PARTS = (
    (re.compile(r"(^|[._])lora_[A-Za-z]+([._]|$)"), "LoRA's small matrices beside the weights",
     "merge them: model.merge_and_unload()"),
    (re.compile(r"\.(weight|bias)_mask$"), "torch's pruning, as a weight and a mask",
     "make it final: torch.nn.utils.prune.remove(module, 'weight')"),
    (re.compile(r"\.parametrizations\."), "torch's parametrizations, in parts",
     "make them final: torch.nn.utils.parametrize.remove_parametrizations(module, 'weight')"),
    (re.compile(r"\.weight_g$"), "weight normalisation, as a length and a direction",
     "make it final: torch.nn.utils.remove_weight_norm(module)"),
    (re.compile(r"\.weight_u$"), "spectral normalisation, with its vectors",
     "make it final: torch.nn.utils.remove_spectral_norm(module)"),
)  # fmt: skip
"""Weights that are made anew at every run: by the names of their parts, whose they are, and how
they become plain ones."""


def read_state_dict(path: str | Path, labels: tuple[str, ...] | None = None) -> Foreign:
    """Import a classifier or a detector of torch, .pth or .safetensors.

    Classifiers are torchvision's, timm's and transformers'; detectors torchvision's SSDLite,
    mmdetection's ssdlite_mobilenetv2 and qfgaohao's mb2-ssd-lite.

    Args:
        path: the file; configurations beside it are used where their framework writes them.
        labels: one a class, or None for the file's own or well-known names.

    Raises:
        CheckpointError: unreadable, hostile, of another network; the message says what differs.
        MissingDependencyError: a torch file, and torch is not installed.
    """
    state = read_torch_file(path)
    _require_whole_floats(state.arrays, path)
    _require_whole_weights(state.arrays, path)
    if suits_transformers(state.arrays):
        return from_transformers(state, labels)
    if suits_timm(state.arrays):
        return from_timm(state, labels)
    if suits_torchvision(state.arrays):
        return from_torchvision(state, labels)
    if suits_torchvision_ssdlite(state.arrays):
        return from_torchvision_ssdlite(state, labels)
    if suits_mmdetection(state.arrays):
        return from_mmdetection(state, labels)
    if suits_qfgaohao(state.arrays):
        return from_qfgaohao(state, labels)
    if suits_listed_torchvision(state.arrays):
        return from_torchvision(state, labels)
    raise CheckpointError(
        f"{path} is no MobileNetV2 of torchvision, timm or transformers (their stems are named "
        "features.0.0.weight, conv_stem.weight, conv_stem.first_conv.convolution.weight) and no "
        "SSDLite of torchvision, mmdetection or qfgaohao (backbone.features.0.0.0.weight, "
        "backbone.conv1.conv.weight, base_net.0.0.weight); "
        f"this file has {len(state.arrays)} tensors, first {', '.join(list(state.arrays)[:3])}"
        f"{likeness(state.arrays)}"
    )


def _require_whole_floats(names: Iterable[str], path: str | Path) -> None:
    observed = next((name for name in names if OBSERVER.search(name)), None)
    if observed is not None:
        raise CheckpointError(
            f"{path} was saved while torch observed its ranges for quantisation ({observed}). "
            "Save the state dict of the network from before that, and make integers of it here: "
            "mobilenetv2 quantize; or export it with torch.onnx"
        )


def _require_whole_weights(names: Iterable[str], path: str | Path) -> None:
    found = list(names)
    for part, whose, way_out in IN_PARTS:
        first = next((name for name in found if part.search(name)), None)
        if first is not None:
            raise CheckpointError(
                f"{path} holds {whose} ({first}); {way_out}, and save the state dict then"
            )
