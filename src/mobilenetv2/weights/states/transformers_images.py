"""transformers' `preprocessor_config.json` in this package's words."""

from pathlib import Path

from mobilenetv2.errors import CheckpointError, SpecError
from mobilenetv2.preprocessing import TENSORFLOW, Fit, Interpolation, Preprocessing
from mobilenetv2.weights.states.side_file import Json, entry, read_json, three

RESAMPLING: dict[int, Interpolation] = {0: "nearest", 2: "bilinear", 3: "bicubic"}
"""Pillow's numbers, which transformers writes into the file."""


def image_preprocessing(folder: Path, model: Json) -> Preprocessing:
    """What the image processor saved in `folder` does, or Google's defaults.

    Args:
        folder: where `preprocessor_config.json` may be.
        model: the model's own configuration; its `image_size` counts where there is no processor.

    Raises:
        CheckpointError: values that make no sense, or that this package has no word for.
    """
    path = folder / "preprocessor_config.json"
    config = read_json(path)
    try:
        if not config:
            return Preprocessing(size=_sides(model.get("image_size", 224), path))
        size, fit, crop_fraction = _framing(config, path)
        mean, std = _normalization(config)
        return Preprocessing(
            size=size,
            fit=fit,
            crop_fraction=crop_fraction,
            interpolation=_interpolation(config, path),
            mean=mean,
            std=std,
        )
    except SpecError as error:
        raise CheckpointError(f"{path}: {error}") from error


def _framing(config: Json, path: Path) -> tuple[tuple[int, int], Fit, float]:
    """(size, fit, crop fraction) from the resize and crop settings."""
    resize = config.get("size", {"shortest_edge": 256})
    short = resize.get("shortest_edge") if isinstance(resize, dict) else resize
    if not isinstance(short, int):
        return _sides(resize, path), "squash", TENSORFLOW.crop_fraction
    if not entry(config, "do_center_crop", True):
        return (short, short), "crop", 1.0
    size = _sides(config.get("crop_size", 224), path)
    return size, "crop", min(1.0, min(size) / short) if short > 0 else 1.0


def _normalization(
    config: Json,
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """(mean, std) of values in 0..1, whatever factor the processor rescales by."""
    factor = entry(config, "rescale_factor", 1 / 255) if entry(config, "do_rescale", True) else 1.0
    mean, std = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    if entry(config, "do_normalize", True):
        mean = three(config, "image_mean", TENSORFLOW.mean)
        std = three(config, "image_std", TENSORFLOW.std)
    # (v * factor - mean) / std, written with v / 255; the file rounds 1/255 to its own taste.
    scale = 255 * factor
    if abs(scale - 1) < 1e-6:
        return mean, std
    if scale <= 0:
        raise CheckpointError(f"rescale_factor must be positive, got {factor}")
    return (
        (mean[0] / scale, mean[1] / scale, mean[2] / scale),
        (std[0] / scale, std[1] / scale, std[2] / scale),
    )


def _interpolation(config: Json, path: Path) -> Interpolation:
    number = entry(config, "resample", 2)
    if number not in RESAMPLING:
        raise CheckpointError(
            f"{path}: resample must be 0 (nearest), 2 (bilinear) or 3 (bicubic), got {number}"
        )
    return RESAMPLING[number]


def _sides(value: object, path: Path) -> tuple[int, int]:
    """(height, width) from a number, a pair, or {"height": ..., "width": ...}."""
    if isinstance(value, dict):
        value = [value.get("height"), value.get("width")]
    if type(value) is int:
        value = [value, value]
    if isinstance(value, list):
        sides = [side for side in value if type(side) is int]
        if len(value) == 2 and len(sides) == 2:
            return sides[0], sides[1]
    raise CheckpointError(
        f"{path}: a size must be one or two whole numbers of pixels, got {str(value)[:60]!r}"
    )
