"""A small map of logits becomes a class for every pixel of a picture of any shape."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mobilenetv2.engine.reference import resize
from mobilenetv2.model import Model
from mobilenetv2.network.graph import Resize, Shape
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.framing import fitted_size
from mobilenetv2.tasks.image import resize as resize_picture
from mobilenetv2.tasks.results import Segmentation
from mobilenetv2.tasks.segment import IGNORED, View, segment_arrays, segment_views
from mobilenetv2.weights.open import read_foreign

INPUT = (65, 65)
PAD = Preprocessing(size=INPUT, fit="pad")


def random_logits(seed: int, shape: tuple[int, int, int] = (5, 5, 4)) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


@given(st.integers(0, 99), st.integers(1, 200), st.integers(1, 200))
@settings(max_examples=60, deadline=None)
def test_it_is_upsample_argmax_cut_and_resize_done_one_after_the_other(
    seed: int, height: int, width: int
):
    logits = random_logits(seed)
    node = Resize("up", ("logits",), Shape(*INPUT, 4), alignment="corners")
    classes = resize(node, logits[None])[0].argmax(axis=2).astype(np.uint8)
    rows, columns = fitted_size((height, width), INPUT)
    # Nearest neighbor in whole numbers: Pillow adds its steps up and rounds ties by chance.
    nearest_rows = (2 * np.arange(height) + 1) * rows // (2 * height)
    nearest_columns = (2 * np.arange(width) + 1) * columns // (2 * width)
    expected = classes[:rows, :columns][nearest_rows][:, nearest_columns]

    mask = segment_arrays(logits, size=(height, width), preprocessing=PAD)

    assert mask.shape == (height, width)
    assert mask.dtype == np.uint8
    # Where two classes tie but for rounding, either may win.
    assert (mask == expected).mean() > 0.99


@pytest.mark.parametrize("fit", ["squash", "pad", "crop"])
@pytest.mark.parametrize("size", [(100, 100), (100, 171), (230, 90)])
def test_a_mask_lies_on_its_object(fit: str, size: tuple[int, int]):
    height, width = size
    truth = np.zeros(size, bool)
    truth[int(height * 0.3) : int(height * 0.6), int(width * 0.35) : int(width * 0.7)] = True
    preprocessing = Preprocessing(size=INPUT, fit=fit, crop_fraction=1.0)
    seen = resize_picture(np.where(truth, 255, 0)[:, :, None].repeat(3, 2).astype(np.uint8),
                          preprocessing)[:, :, 0]  # fmt: skip
    # A network with a map as large as its input and no doubts.
    logits = np.stack([seen <= 128, seen > 128], axis=2).astype(np.float32)
    mask = segment_arrays(logits, size=size, preprocessing=preprocessing)
    known = mask != IGNORED
    assert known.all() == (fit != "crop" or height == width)
    assert known.mean() >= min(size) / max(size) - 0.02
    assert ((mask == 1) == truth)[known].mean() > 0.97


@pytest.mark.parametrize("size", [(1, 1), (1, 1000), (1000, 1), (40, 20000), (3000, 17)])
def test_pictures_of_any_shape_have_masks(size: tuple[int, int]):
    mask = segment_arrays(random_logits(0), size=size, preprocessing=PAD)
    assert mask.shape == size
    assert mask.max() < 4


def test_a_map_of_one_pixel_is_one_class():
    mask = segment_arrays(random_logits(3, (1, 1, 7)), size=(20, 30), preprocessing=PAD)
    assert len(np.unique(mask)) == 1


def test_views_are_averaged_as_probabilities():
    # One is sure of class 0, two lean to class 1: 0.9 + 2 x 0.4 beats 0.1 + 2 x 0.6.
    views = [np.log([0.9, 0.1]), np.log([0.4, 0.6]) + 100, np.log([0.4, 0.6])]
    as_views = [View(np.full((5, 5, 2), view, np.float32), PAD) for view in views]
    mask = segment_views(as_views, size=(30, 30), preprocessing=PAD)
    assert (mask == 0).all()
    mask = segment_views(as_views[1:], size=(30, 30), preprocessing=PAD)
    assert (mask == 1).all()


@pytest.mark.parametrize("scale", [0.5, 1.5])
def test_a_scaled_view_covers_the_same_ground(scale: float):
    side = int(64 * scale + 1)
    cells = int(4 * scale + 1)
    ramp = np.linspace(-1, 1, cells)
    logits = np.zeros((cells, cells, 2), np.float32)
    logits[:, :, 1] = ramp + ramp[:, None] * 0.5
    scaled = View(logits, Preprocessing(size=(side, side), fit="pad"))
    ramp = np.linspace(-1, 1, 5)
    plain = np.zeros((5, 5, 2), np.float32)
    plain[:, :, 1] = ramp + ramp[:, None] * 0.5
    for size in ((100, 80), (65, 65), (30, 170)):
        expected = segment_arrays(plain, size=size, preprocessing=PAD)
        mask = segment_views([scaled], size=size, preprocessing=PAD)
        assert (mask == expected).mean() > 0.97


def test_a_public_segmenter_outlines_people(shared: Path):
    checkpoint = read_foreign(shared / "weights" / "deeplabv3_257_mv_gpu.tflite").checkpoint
    folder = shared / "data" / "coco128-val"
    (photo,) = folder.rglob("000000000785.jpg")
    (annotated,) = folder.joinpath("voc-masks").glob("000000000785.*")
    truth = np.asarray(Image.open(annotated))
    result = Model(checkpoint).predict(photo)
    assert isinstance(result, Segmentation)
    person = checkpoint.labels.index("person")
    found, wanted = result.mask == person, truth == person
    counted = truth != IGNORED
    assert (found & wanted)[counted].sum() / (found | wanted)[counted].sum() > 0.75
