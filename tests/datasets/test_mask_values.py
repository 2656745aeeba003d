"""Masks whose values are no ids as they stand."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mobilenetv2.datasets.mask_meaning import MaskMeaning, find_meaning
from mobilenetv2.datasets.mask_report import report_masks
from mobilenetv2.datasets.masks import MaskedPictures, read_masked
from mobilenetv2.datasets.read_mask import read_mask
from mobilenetv2.errors import DatasetError
from tests.datasets.annotated import picture
from tests.datasets.mask_files import deep_png

SQUARE = np.zeros((40, 60), np.uint8)
SQUARE[10:30, 10:40] = 255


def masked(root: Path, *masks: np.ndarray | Image.Image, suffix: str = ".png") -> MaskedPictures:
    for index, values in enumerate(masks):
        image = values if isinstance(values, Image.Image) else Image.fromarray(values)
        picture(root / f"images/{index}.png", (image.height, image.width))
        (root / "masks").mkdir(exist_ok=True)
        image.save(root / f"masks/{index}{suffix}")
    return read_masked(root)


def palette(values: np.ndarray, *colors: tuple[int, int, int]) -> Image.Image:
    image = Image.fromarray(values, "P")
    image.putpalette([side for color in colors for side in color])
    return image


@pytest.mark.parametrize("labels", [None, ("ground", "cat")])
@pytest.mark.parametrize("kind", ["grey", "rgb"])
def test_0_and_255_alone_are_two_classes_and_it_is_said(tmp_path: Path, kind: str, labels):
    values = SQUARE if kind == "grey" else np.repeat(SQUARE[:, :, None], 3, 2)
    data = masked(tmp_path, values, np.zeros_like(values))
    meaning = find_meaning(data, labels)
    assert meaning.labels == (labels or ("class 0", "class 255"))
    assert (meaning.read_ids(data.pictures[0]) == SQUARE // 255).all()
    report = report_masks(data, meaning)
    assert report.pixels == (2 * 2400 - 600, 600)
    assert "255 is taken for the class" in report.warnings[0]


def test_who_says_that_255_is_to_be_ignored_is_believed(tmp_path: Path):
    data = masked(tmp_path, SQUARE)
    meaning = find_meaning(data, ignore={255})
    assert meaning == MaskMeaning(("class 0",), frozenset({255}))
    assert meaning.read_ids(data.pictures[0]).max() == 255


def test_0_and_255_with_one_label_are_refused(tmp_path: Path):
    with pytest.raises(DatasetError, match="need two labels"):
        find_meaning(masked(tmp_path, SQUARE), ("cat",))


def test_255_beside_other_ids_is_ignored_as_ever(tmp_path: Path):
    values = SQUARE.copy()
    values[0] = 1
    meaning = find_meaning(masked(tmp_path, values))
    assert (meaning.labels, meaning.ids) == (("class 0", "class 1"), None)


@pytest.mark.parametrize("labels", [None, ("ground", "cat")])
@pytest.mark.parametrize("how", ["smoothed", "was JPEG"])
def test_smoothed_masks_and_those_that_were_jpeg_are_no_250_classes(
    tmp_path: Path, how: str, labels
):
    disk = Image.fromarray(np.tile(SQUARE, (4, 4)))
    if how == "smoothed":
        disk = disk.rotate(30, Image.Resampling.BICUBIC).resize(
            (200, 150), Image.Resampling.BICUBIC
        )
    else:
        disk.rotate(30).save(tmp_path / "x.jpg", quality=60)
        disk = Image.open(tmp_path / "x.jpg")
    with pytest.raises(DatasetError, match=r"edges were smoothed.*nearest neighbor"):
        find_meaning(masked(tmp_path, disk), labels)


def test_grey_values_as_codes_are_no_129_classes(tmp_path: Path):
    values = SQUARE.copy()
    values[20:, :] = 128
    with pytest.raises(DatasetError, match=r"large gaps.*0, 128.*table of colors"):
        find_meaning(masked(tmp_path, values))


def test_many_classes_of_few_pixels_each_are_classes(tmp_path: Path):
    values = np.repeat(np.arange(30, dtype=np.uint8), 20).reshape(20, 30)
    assert len(find_meaning(masked(tmp_path, values)).labels) == 30


def test_palettes_of_each_files_own_are_refused(tmp_path: Path):
    ids = SQUARE // 255
    red, green, black = (255, 0, 0), (0, 255, 0), (0, 0, 0)
    data = masked(tmp_path, palette(ids, black, red), palette(ids * 2, black, green, red))
    with pytest.raises(DatasetError, match=r"\(255, 0, 0\) is 1 in 0\.png and 2 in 1\.png"):
        find_meaning(data)
    table = tmp_path / "colors.csv"
    table.write_text("ground,0,0,0\ncat,255,0,0\n")
    meaning = find_meaning(data, colors=table)
    assert all((meaning.read_ids(pair) == ids).all() for pair in data.pictures)


def test_palettes_that_agree_are_ids(tmp_path: Path):
    ids = SQUARE // 255
    data = masked(tmp_path, *[palette(ids, (0, 0, 0), (128, 0, 0))] * 2)
    assert find_meaning(data).labels == ("class 0", "class 1")


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_colors_of_16_bits_do_not_become_class_0(tmp_path: Path, channels: int):
    path = deep_png(tmp_path / "a.png", np.ones((4, 4, channels), np.uint16))
    with pytest.raises(DatasetError, match=r"a\.png: .*8 bits a color"):
        read_mask(path, 3)


def test_ids_that_are_drawn_in_transparency_alone_are_refused(tmp_path: Path):
    values = np.zeros((4, 4, 4), np.uint8)
    values[:2, :, 3] = 255
    Image.fromarray(values).save(tmp_path / "a.png")
    with pytest.raises(DatasetError, match="transparency alone"):
        read_mask(tmp_path / "a.png", 2)


def test_classes_that_differ_by_spelling_are_named(tmp_path: Path):
    meaning = find_meaning(masked(tmp_path, SQUARE // 255), ("Cat", "cat"))
    assert "'Cat', 'cat'" in meaning.notes[0]


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.bool_])
def test_arrays_of_numpy(tmp_path: Path, kind: type):
    np.save(tmp_path / "a.npy", (SQUARE > 0).astype(kind))
    assert (read_mask(tmp_path / "a.npy", 2) == (SQUARE > 0)).all()


@pytest.mark.parametrize(
    "values", [np.zeros((2, 2)), np.zeros((2, 2, 2), int), np.array([[{}]]), np.zeros((0, 3), int)]
)
def test_arrays_of_something_else_are_refused(tmp_path: Path, values: np.ndarray):
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(DatasetError, match=r"a\.npy"):
        read_mask(tmp_path / "a.npy", 2)


def test_a_mask_is_compared_with_its_picture_before_it_is_decoded(tmp_path: Path):
    """Its pixels are cut off, so that decoding them would fail with other words."""
    content = Image.new("L", (9000, 9000))
    content.save(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:200])
    with pytest.raises(DatasetError, match="must have the size of its picture, 60 x 40"):
        read_mask(tmp_path / "a.png", 2, size=(40, 60))
    with pytest.raises(DatasetError, match="must have the size of its picture, 60 x 40"):
        read_mask(tmp_path / "a.png", 2, colors={(0, 0, 0): 0}, size=(40, 60))
