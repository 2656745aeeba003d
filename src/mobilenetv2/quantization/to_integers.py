"""The whole of it: a float model and pictures in, integers and their proof out."""

from collections.abc import Iterable, Set
from pathlib import Path

from mobilenetv2.calibration.calibrate import Stages, calibrate
from mobilenetv2.datasets.bare_pictures import masks_told
from mobilenetv2.datasets.declared_masks import DeclaredMasks
from mobilenetv2.datasets.progress import Progress, tell_nobody
from mobilenetv2.errors import CheckpointError
from mobilenetv2.model import Model, load_checkpoint
from mobilenetv2.quantization.given import folder_of
from mobilenetv2.quantization.pictures import all_pictures, divide, prepare_all, seen, without
from mobilenetv2.quantization.proof import prove
from mobilenetv2.quantization.result import Quantized, documented
from mobilenetv2.quantization.truth import notes_of, paths_of, read_truth
from mobilenetv2.tasks.image import Picture
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.fold import fold_checkpoint

MAX_LOSS = 1.0
"""Points."""


def quantize(
    model: Model | Checkpoint | str | Path,
    pictures: str | Path | Iterable[Picture],
    *,
    data: str | Path | None = None,
    split: str | None = None,
    masks: str | Path | None = None,
    labels: str | Path | None = None,
    colors: str | Path | None = None,
    ignore: Set[int] = frozenset(),
    max_loss: float = MAX_LOSS,
    progress: Progress = tell_nobody,
) -> Quantized:
    """Find 8-bit integers for a float model, and say what they cost.

    Args:
        model: a model, a checkpoint, a file of any format that is read, or a known name.
        pictures: to calibrate on, without labels: a folder, or paths, bytes, PIL images or RGB
            arrays; 100 to 500 of the kind that the model is for. Without `data` a fifth of
            them is kept apart for the proof.
        data: pictures with right answers to judge by, as `evaluate` takes them; they are
            left out of `pictures`.
        split: of the data, for detectors and segmenters.
        masks: a folder of masks, for segmenters.
        labels: likewise a file with the names of the masks' ids, one a line.
        colors: likewise a table, lines of name,red,green,blue, for masks in colors.
        ignore: likewise ids that are no class, besides 255.
        max_loss: points of the task's metric beyond which the result refuses to be saved.
        progress: told of what is done.

    Raises:
        CheckpointError: the model is in integers already, or cannot be read.
        DatasetError: no picture is left for calibration or for proof.
        ImageError: among `pictures` is something that is none.
    """
    original = _float_model(model)
    found = all_pictures(pictures)
    truth, notes = None, _masks_left_out(pictures)
    if data is not None:
        folder, names, table = (Path(one) if one else None for one in (masks, labels, colors))
        declared = DeclaredMasks(folder, names, table, frozenset(ignore))
        truth = read_truth(original, Path(data), split, declared)
        left = without(found, paths_of(truth))
        notes = (*notes, *notes_of(truth, original), *_left_out(len(found) - len(left)))
        found = left
    used, kept = divide(found, keep=truth is None)
    with progress("Preparing pictures", len(used)) as advance:
        prepared, unreadable = prepare_all(original, used, advance)
    with progress("Calibrating", 2 * len(prepared)) as advance:
        calibrated = calibrate(fold_checkpoint(original.checkpoint), prepared, advance, Stages())
    proof = prove(original, calibrated, truth or kept, progress)
    fingerprint = seen(used).fingerprint
    name = folder_of(kept[0]) if kept else ""
    return Quantized(
        checkpoint=documented(calibrated.integers, proof, len(prepared), fingerprint, name),
        proof=proof,
        calibrated_on=len(prepared),
        fingerprint=fingerprint,
        unreadable=tuple(unreadable),
        notes=notes,
        max_loss=max_loss,
    )


def _masks_left_out(pictures: str | Path | Iterable[Picture]) -> tuple[str, ...]:
    return masks_told(Path(pictures)) if isinstance(pictures, str | Path) else ()


def _left_out(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (f"pictures to calibrate on that are to judge by, too, were left out: {count}",)


def _float_model(given: Model | Checkpoint | str | Path) -> Model:
    match given:
        case Model():
            model = given
        case Checkpoint():
            model = Model(given)
        case _:
            model = Model(load_checkpoint(given))
    if model.checkpoint.quantization is not None:
        raise CheckpointError(
            "a model to be quantized must be in floats, this one is in integers of 8 bits; "
            "to begin anew from what they stand for: mobilenetv2 convert MODEL FLOATS.safetensors "
            "--precision float32"
        )
    return model
