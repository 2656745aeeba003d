"""Pictures that cannot be read, where they are the whole share of a process."""

from pathlib import Path
from typing import Any

import pytest

from mobilenetv2.train import Recipe, fine_tune_classifier, fine_tune_detector, fine_tune_segmenter
from mobilenetv2.train.detect.recipe import DetectionRecipe
from mobilenetv2.train.segment.recipe import SegmentationRecipe
from mobilenetv2.weights.checkpoint import Checkpoint
from tests.train.drawn_classes import draw_boxes, draw_classes
from tests.train.segment.drawn_shapes import draw, read
from tests.train.segment.test_finetune import reports
from tests.train.together import together

QUICK: Any = {"epochs": 1, "batch_size": 2, "warmup_epochs": 0, "precision": "float32"}
"""A picture a process and step."""


@pytest.mark.parametrize("batch_norm", ["synced", "batch", "frozen"])
def test_of_a_classifier(small: Checkpoint, tmp_path: Path, batch_norm: Any) -> None:
    data = draw_classes(tmp_path / "data", 4)
    for broken in sorted(data.rglob("*.png"))[::3]:
        broken.write_bytes(b"no picture")
    recipe = Recipe(size=(32, 32), batch_norm=batch_norm, **QUICK)

    def teach(out: Path) -> Checkpoint:
        return fine_tune_classifier(data, out, first=small, recipe=recipe, device="cpu", workers=0)

    assert len(together(2, lambda _: teach(tmp_path / "out"))) == 2


def test_of_a_detector(small: Checkpoint, tmp_path: Path) -> None:
    data = draw_boxes(tmp_path / "data", 6)
    data.pictures[1].path.write_bytes(b"no picture")
    recipe = DetectionRecipe(size=(64, 64), batch_norm="frozen", **QUICK)
    each = together(
        2,
        lambda _: fine_tune_detector(
            data, data, tmp_path / "out", first=small, recipe=recipe, device="cpu", workers=0
        ),
    )
    assert len(each) == 2


def test_of_a_segmenter(small: Checkpoint, tmp_path: Path) -> None:
    folder = tmp_path / "shapes"
    for index in range(6):
        draw(folder / "train", index)
        draw(folder / "val", index)
    (folder / "labels.txt").write_text("ground\ndisk\nbar\n")
    data = read(folder)
    found = reports(data)
    (folder / "train" / "images" / "1.png").write_bytes(b"no picture")
    recipe = SegmentationRecipe(size=(33, 33), batch_norm="frozen", **QUICK)
    each = together(
        2,
        lambda _: fine_tune_segmenter(
            *found, tmp_path / "out",
            meaning=data.meaning, first=small, recipe=recipe, device="cpu", workers=0,
        ),
    )  # fmt: skip
    assert len(each) == 2
