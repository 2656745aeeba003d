"""Processor seconds of one training picture, stage by stage: `docs/training.md`.

python benchmarks/input_pipeline.py classify detect segment --data DATA --large 8 --json FILE

Everything runs in this process on one thread, as in one worker of a training: each picture through
its task's own data set, then collated. The first epoch decodes, the least of some repeats; later
ones find what it kept (`train.kept`), the median of some: what they show is cut out anew, so that
large pictures are wanted at scales that were not decoded before, fewer each epoch. The time is the
processor's, so that what else the machine does counts little. Another pass under cProfile shares it
out among stages by the name of the function that does the work; the profiler's own cost is not in
the totals. Beside it stands what Pillow takes to decode the same files whole, masks aside.
`--large N` enlarges pictures N times a side beforehand, as a camera has them (JPEG). To measure
another release: PYTHONPATH=that/src; those from before pictures were kept are as slow in later
epochs, and are not measured there.
"""

import argparse
import cProfile
import inspect
import json
import pstats
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch.utils.data import Dataset

STAGES = {
    "decode": ("decode' of 'ImagingDecoder", "PIL/ImageFile.py", "PIL/JpegImagePlugin.py", "open"),
    "resize": ("resize", "upsample", "reduce", "interpolate"),
    "change": ("jitter", "adjust_", "blend", "hsv", "matrix", "flip", "pad", "crop", "transpose",
               "enhance", "point", "convert", "lerp", "clamp", "where", "permut", "rgb", "hue"),
    "match": ("matching.py", "pairwise_iou", "encode_ltrb", "argmax", "iou"),
    "collate": ("stack", "collate"),
    "copies": ("asarray", "array", "copy", "contiguous", "tobytes", "frombuffer", "getdata", "to'"),
}  # fmt: skip
"""By what is in the name of a function; the first that fits. The rest is "other"."""

LATER = 5
"""Epochs behind the first."""


def main() -> None:
    """Measure, print a line a task, and write JSON where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tasks", nargs="+", choices=["classify", "detect", "segment"])
    parser.add_argument("--data", type=Path, required=True, help="holds clothing10, bccd, camvid")
    parser.add_argument("--pictures", type=int, default=96)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--large", type=int, default=0, help="classify: pictures enlarged so often")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    made = {"classify": classify, "detect": detect, "segment": segment}
    results: dict[str, Any] = {}
    for task in chosen.tasks:
        results[task] = measured(made[task](chosen.data), chosen.pictures, chosen.repeats)
        shown(task, results[task])
    if chosen.large:
        with tempfile.TemporaryDirectory() as folder:
            enlarged(chosen.data / "clothing10/train", Path(folder), chosen.large)
            few = max(8, chosen.pictures // 4)
            results["classify, large"] = measured(classify(Path(folder)), few, chosen.repeats)
        shown("classify, large", results["classify, large"])
    if chosen.json:
        chosen.json.write_text(json.dumps(results, indent=1) + "\n")


@dataclass(frozen=True)
class Made:
    """A task's training pictures."""

    pictures: Callable[[], Dataset[Any]]
    """By place, of which nothing is decoded yet."""
    collate: Callable[[Sequence[Any]], object]
    sources: Sequence[Any]
    """A picture's file for each index, or what has it for `path`."""

    def indices(self, pictures: int) -> list[int]:
        """Of so many pictures, or fewer where there are no more, from all of the data."""
        count = len(self.sources)
        return list(dict.fromkeys(index % count for index in range(0, pictures * 7, 7)))

    def file(self, index: int) -> Path:
        """A picture's."""
        source = self.sources[index]
        path: Path = getattr(source, "path", source)
        return path


def classify(data: Path) -> Made:
    """Ten classes of clothes at 224 x 224, or the folder itself."""
    from mobilenetv2.preprocessing import Preprocessing
    from mobilenetv2.train.classify.batches import TrainingPictures, collate
    from mobilenetv2.train.classify.data import read_training_data
    from mobilenetv2.train.classify.recipe import Augmentation

    found = data / "clothing10/train"
    pictures = read_training_data(found if found.is_dir() else data, None).training
    given = (pictures, Preprocessing(size=(224, 224)), Augmentation(), 0)
    count = len(pictures.paths)
    return Made(lambda: TrainingPictures(*given, **shelf(count)), collate, pictures.paths)


def detect(data: Path) -> Made:
    """Blood cells, 480 x 640, at 320 x 320."""
    from mobilenetv2.datasets.read_boxes import read_boxes
    from mobilenetv2.network.anchors import tensorflow_anchors
    from mobilenetv2.network.spec import Spec, SSDLite
    from mobilenetv2.preprocessing import Preprocessing
    from mobilenetv2.tasks.boxes import anchor_boxes
    from mobilenetv2.train.detect.batches import Matcher, TrainingBoxes, collate_boxes
    from mobilenetv2.train.detect.recipe import DetectionRecipe

    boxes = read_boxes(data / "bccd", "train").pictures
    spec = Spec(size=(320, 320), head=SSDLite(len(boxes.labels), anchors=tensorflow_anchors(6)))
    preprocessing = Preprocessing(size=(320, 320), fit="squash")
    matcher = Matcher(preprocessing, spec.head, anchor_boxes(spec), 0.5)
    given, count = (boxes, matcher, DetectionRecipe()), len(boxes.pictures)
    return Made(lambda: TrainingBoxes(*given, **shelf(count)), collate_boxes, boxes.pictures)


def segment(data: Path) -> Made:
    """Streets, 360 x 480, at 361 x 481."""
    from mobilenetv2.preprocessing import Preprocessing
    from mobilenetv2.train.segment.batches import TrainingMasks, collate_masks
    from mobilenetv2.train.segment.data import read_segmentation_data
    from mobilenetv2.train.segment.recipe import SegmentationRecipe

    found = read_segmentation_data(data / "camvid")
    size, given = (361, 481), (found.training, found.meaning, SegmentationRecipe())
    deployed = Preprocessing(size=size, fit="squash")
    names = inspect.signature(TrainingMasks.__init__).parameters
    how = {"deployed": deployed} if "deployed" in names else {"deploy_size": size}
    count = len(found.training.pictures)
    return Made(
        lambda: TrainingMasks(*given, size=size, **how, **shelf(count)),
        collate_masks, found.training.pictures,
    )  # fmt: skip


def shelf(pictures: int) -> dict[str, Any]:
    """A shelf of a room of its own, by its parameter's name; nothing where there was none yet."""
    try:
        from mobilenetv2.train.kept import Kept
        from mobilenetv2.train.segment.kept_masks import DEPTHS
    except ImportError:
        return {}
    return {"shelf": Kept().shelf(object(), pictures, DEPTHS)}


def measured(made: Made, pictures: int, repeats: int) -> dict[str, Any]:
    """Milliseconds of processor time a picture and its stages, in the first and later epochs."""
    indices = made.indices(pictures)

    def run(shown: Dataset[Any], epoch: int) -> None:
        for start in range(0, len(indices), 16):
            some = indices[start : start + 16]
            made.collate([shown[epoch, index] for index in some])

    def decode() -> None:
        for index in indices:
            with Image.open(made.file(index)) as image:
                image.load()

    def took(work: Callable[[], None]) -> float:
        began = time.process_time()
        work()
        return (time.process_time() - began) / len(indices) * 1000

    run(made.pictures(), 0)
    decode()
    fresh = [made.pictures() for _ in range(repeats + 1)]
    first = min(took(partial(run, shown, 0)) for shown in fresh[1:])
    result = {
        "bare_decode_milliseconds": round(min(took(decode) for _ in range(repeats)), 3),
        "first_epoch": told(first, profiled(partial(run, fresh[0], 0))),
    }
    if shelf(1):
        later = [took(partial(run, fresh[0], epoch)) for epoch in range(1, LATER + 1)]
        stages = profiled(partial(run, fresh[0], LATER + 1))
        result["later_epochs"] = told(statistics.median(later), stages)
    return result


def profiled(work: Callable[[], None]) -> dict[str, float]:
    """Seconds of each stage."""
    profiler = cProfile.Profile(time.process_time)
    profiler.runcall(work)
    return stages(pstats.Stats(profiler))


def told(milliseconds: float, stages: dict[str, float]) -> dict[str, Any]:
    """An epoch's figures."""
    whole = sum(stages.values())
    return {
        "milliseconds": round(milliseconds, 3),
        "pictures_a_second_and_core": round(1000 / milliseconds, 1),
        "stages": {name: round(milliseconds * part / whole, 3) for name, part in stages.items()},
    }


def stages(stats: pstats.Stats) -> dict[str, float]:
    """Seconds within the functions of each stage."""
    found: dict[str, float] = defaultdict(float)
    for (file, _, name), (_, _, own, _, _) in stats.stats.items():  # type: ignore[attr-defined]
        called = f"{file}:{name}"
        stage = next((s for s, words in STAGES.items() if any(w in called for w in words)), "other")
        found[stage] += own
    return {name: found[name] for name in (*STAGES, "other")}


def shown(task: str, result: dict[str, Any]) -> None:
    """A line an epoch."""
    for epoch in ("first_epoch", "later_epochs"):
        if epoch in result:
            found = result[epoch]
            parts = ", ".join(f"{name} {value:.2f}" for name, value in found["stages"].items())
            print(
                f"{task}, {epoch.replace('_', ' ')}: {found['milliseconds']:.2f} ms of processor "
                f"time a picture ({found['pictures_a_second_and_core']:.0f} a second and core): "
                f"{parts}; Pillow alone decodes it in {result['bare_decode_milliseconds']:.2f}",
                flush=True,
            )


def enlarged(source: Path, folder: Path, times: int) -> None:
    """The first pictures of every class, as large as a camera's."""
    for group in sorted(path for path in source.iterdir() if path.is_dir()):
        for path in sorted(group.iterdir())[:4]:
            with Image.open(path) as image:
                size = (image.width * times, image.height * times)
                large = image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
            target = folder / group.name / f"{path.stem}.jpg"
            target.parent.mkdir(exist_ok=True)
            large.save(target, quality=90)


if __name__ == "__main__":
    main()
