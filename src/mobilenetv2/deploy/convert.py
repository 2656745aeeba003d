"""A foreign weight file becomes a checkpoint of ours, and is proved to be the same function."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import assert_never

from mobilenetv2.deploy.pixels import AS_FOUND, Pixels
from mobilenetv2.deploy.scores import scored_by_itself
from mobilenetv2.errors import MissingDependencyError, ParityError
from mobilenetv2.parity.compare import Parity
from mobilenetv2.reading import reading
from mobilenetv2.tasks.image import decode, resize
from mobilenetv2.tasks.pixels import Pixels as Picture
from mobilenetv2.tasks.stretch import as_taught
from mobilenetv2.weights import store
from mobilenetv2.weights.folder import model_file
from mobilenetv2.weights.foreign import Foreign, Runtime
from mobilenetv2.weights.open import read_foreign
from mobilenetv2.weights.to_float import to_float


@dataclass(frozen=True, slots=True)
class Conversion:
    """A file that was converted, and how close it is to the original."""

    foreign: Foreign
    target: Path
    parity: Parity | None
    unproved: str
    """Why there is no parity figure, and how to get one; empty where there is one."""


def convert(
    source: Path,
    target: Path,
    *,
    labels: tuple[str, ...] | None = None,
    license_text: str | None = None,
    precision: store.Precision | None = None,
    pictures: Sequence[Path] = (),
    pixels: Pixels = AS_FOUND,
    multi_label: bool = False,
) -> Conversion:
    """Import `source`, measure it against its own runtime, and write `target`.

    Args:
        source: a file of any format that `weights.open` reads, or a folder with one.
        target: where the safetensors checkpoint goes.
        labels: one a class, if the file has none or wrong ones.
        license_text: of the weights, where the file does not say.
        precision: of the weights on disk; None keeps the integers of a quantised file and stores
            any other in float32.
        pictures: what to compare on; the pictures shipped with the package by default.
        pixels: what is known better than the file says, or does not say, of its preprocessing.
        multi_label: the file is a classifier of several labels a picture, though it ends in logits.

    Raises:
        CheckpointError: the source cannot be read, or the target cannot be written.
        SpecError: a preprocessing that makes no sense, or several labels of no such classifier.
    """
    source = model_file(source)
    foreign = read_foreign(source, labels)
    if license_text:
        foreign = replace(foreign, checkpoint=replace(foreign.checkpoint, license=license_text))
    if precision is not None:
        foreign = replace(foreign, checkpoint=to_float(foreign.checkpoint))
    foreign = pixels.applied(foreign)
    if multi_label:
        foreign = scored_by_itself(foreign)
    parity, unproved = None, foreign.unproved
    try:
        parity = prove(source, foreign, pictures or example_pictures())
    except (MissingDependencyError, ParityError) as error:
        unproved = str(error)
    store.save(foreign.checkpoint, target, precision)
    return Conversion(foreign, target, parity, unproved)


def prove(source: Path, foreign: Foreign, pictures: Sequence[Path]) -> Parity | None:
    """Run pictures through the file's own runtime and through ours; None where it has none.

    Raises:
        MissingDependencyError: the runtime is not installed.
        ParityError: the runtime has no network like this one, or refuses the file.
        ImageError: a picture cannot be read.
    """
    if foreign.runtime is None:
        return None
    preprocessing = foreign.checkpoint.preprocessing
    images: list[Picture] = [
        resize(decode(as_taught(path, preprocessing)), preprocessing) for path in pictures
    ]
    with reading(source, ParityError):
        return _measure(source, foreign, foreign.runtime, images)


def _measure(source: Path, foreign: Foreign, runtime: Runtime, images: list[Picture]) -> Parity:
    match runtime:
        case "litert":
            from mobilenetv2.parity import litert

            return litert.measure(source, foreign, images)
        case "onnxruntime":
            from mobilenetv2.parity import onnxruntime

            return onnxruntime.measure(source, foreign, images)
        case "torchvision":
            from mobilenetv2.parity import torchvision

            return torchvision.measure(source, foreign, images)
        case "timm":
            from mobilenetv2.parity import timm

            return timm.measure(source, foreign, images)
        case "transformers":
            from mobilenetv2.parity import transformers

            return transformers.measure(source, foreign, images)
        case "keras":
            from mobilenetv2.parity import keras

            return keras.measure(source, foreign, images)
        case _:
            assert_never(runtime)


def example_pictures() -> tuple[Path, ...]:
    """The photographs shipped with the package."""
    folder = Path(str(files("mobilenetv2").joinpath("examples")))
    return tuple(sorted(folder.glob("*.jpg")))
