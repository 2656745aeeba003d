"""Processor seconds of one training picture, stage by stage: `docs/training.md`.

python benchmarks/input_pipeline.py classify detect segment --data DATA --large 8 --json FILE

Everything runs in this process on one thread, as in one worker of a training: pictures of several
epochs, each through its task's own data set, then collated. The time is the processor's, so that
what else the machine does counts little. A second pass under cProfile shares it out among stages by
the name of the function that does the work; the profiler's own cost is not in the totals. Beside it
stands what Pillow takes to decode the same files whole, masks aside. `--large N` enlarges pictures
N times a side beforehand, as a camera has them (JPEG). To measure another release:
PYTHONPATH=that/src.
"""

import argparse
import cProfile
import json
import pstats
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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

    pictures: Dataset[Any]
    """By place."""
    collate: Callable[[Sequence[Any]], object]
    sources: Sequence[Any]
    """A picture's file for each index, or what has it for `path`."""

    @property
    def count(self) -> int:
        """How many pictures there are."""
        return len(self.sources)

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
    made = TrainingPictures(pictures, Preprocessing(size=(224, 224)), Augmentation(), 0)
    return Made(made, collate, pictures.paths)


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
    made = TrainingBoxes(boxes, matcher, DetectionRecipe())
    return Made(made, collate_boxes, boxes.pictures)


def segment(data: Path) -> Made:
    """Streets, 360 x 480, at 361 x 481."""
    from mobilenetv2.preprocessing import Preprocessing
    from mobilenetv2.train.segment.batches import TrainingMasks, collate_masks
    from mobilenetv2.train.segment.data import read_segmentation_data
    from mobilenetv2.train.segment.recipe import SegmentationRecipe

    found = read_segmentation_data(data / "camvid")
    size = (361, 481)
    made = TrainingMasks(
        found.training, found.meaning, SegmentationRecipe(), size=size,
        deployed=Preprocessing(size=size, fit="squash"),
    )  # fmt: skip
    return Made(made, collate_masks, found.training.pictures)


def measured(made: Made, pictures: int, repeats: int) -> dict[str, Any]:
    """Milliseconds of processor time a picture: the least of the repeats, and its stages."""
    places = [(index // made.count, index % made.count) for index in range(0, pictures * 7, 7)]

    def run() -> None:
        for start in range(0, len(places), 16):
            made.collate([made.pictures[place] for place in places[start : start + 16]])

    def decode() -> None:
        for _, index in places:
            with Image.open(made.file(index)) as image:
                image.load()

    def least(work: Callable[[], None]) -> float:
        work()
        times = []
        for _ in range(repeats):
            began = time.process_time()
            work()
            times.append((time.process_time() - began) / len(places) * 1000)
        return min(times)

    total, bare = least(run), least(decode)
    profiler = cProfile.Profile(time.process_time)
    profiler.runcall(run)
    shares = stages(pstats.Stats(profiler))
    whole = sum(shares.values())
    return {
        "milliseconds": round(total, 3),
        "pictures_a_second_and_core": round(1000 / total, 1),
        "bare_decode_milliseconds": round(bare, 3),
        "stages": {name: round(total * part / whole, 3) for name, part in shares.items()},
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
    """A line."""
    parts = ", ".join(f"{name} {value:.2f}" for name, value in result["stages"].items())
    print(
        f"{task}: {result['milliseconds']:.2f} ms of processor time a picture "
        f"({result['pictures_a_second_and_core']:.0f} a second and core): {parts}; Pillow alone "
        f"decodes it in {result['bare_decode_milliseconds']:.2f}",
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
