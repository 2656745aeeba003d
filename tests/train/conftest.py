"""A small network and a few real pictures: enough to train in a second."""

import shutil
from pathlib import Path

import pytest

from mobilenetv2.engine.reference import random_weights
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.weights.checkpoint import Checkpoint, Provenance
from tests.train.drawn_classes import draw_coco
from tests.train.segment.drawn_shapes import draw

CLASSES = 4
PER_CLASS = 5


@pytest.fixture(scope="session")
def pictures(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four classes of Tiny ImageNet with five pictures each, 64 x 64."""
    folder = tmp_path_factory.mktemp("tiny")
    for source in sorted((shared / "data" / "tiny-imagenet-20" / "train").iterdir())[:CLASSES]:
        (folder / source.name).mkdir()
        for picture in sorted(source.rglob("*.*"))[:PER_CLASS]:
            shutil.copy(picture, folder / source.name)
    return folder


@pytest.fixture(scope="session")
def small() -> Checkpoint:
    """MobileNetV2 0.35 at 64 x 64 for three classes, folded, with random weights."""
    size = (64, 64)
    spec = Spec(head=Classifier(3), width=0.35, size=size, batch_norm_epsilon=None)
    return Checkpoint(
        spec=spec,
        weights=random_weights(build(spec), seed=5),
        preprocessing=Preprocessing(size=size, fit="squash"),
        labels=("a", "b", "c"),
        provenance=Provenance("random weights", history=("made for tests",)),
        license="CC0-1.0",
    )


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """shapes/train and shapes/val, sixteen and four drawn pictures of 64 x 48."""
    folder = tmp_path_factory.mktemp("data") / "shapes"
    for index in range(16):
        draw(folder / "train", index)
    for index in range(100, 104):
        draw(folder / "val", index)
    (folder / "labels.txt").write_text("ground\ndisk\nbar\n")
    return folder


@pytest.fixture(scope="session")
def boxed_squares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten pictures with a box each, as COCO has them."""
    return draw_coco(tmp_path_factory.mktemp("boxed"), 10)
