"""Boxes that do not hold are repaired or left out, and either is said."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mobilenetv2.datasets.check_boxes import check_boxes
from mobilenetv2.datasets.picture_header import read_header
from mobilenetv2.datasets.stated_size import to_real_pixels
from mobilenetv2.datasets.written import WrittenBox, WrittenPicture
from mobilenetv2.errors import ImageError
from mobilenetv2.tasks.image import decode
from tests.datasets.annotated import picture


@pytest.mark.parametrize(
    ("corners", "kept", "kind"),
    [
        ((10, 20, 30, 40), (10, 20, 30, 40), None),
        ((30, 40, 10, 20), (10, 20, 30, 40), "corners swapped"),
        ((30, 20, 10, 40), (10, 20, 30, 40), "corners swapped"),
        ((-5, 20, 30, 70), (0, 20, 30, 60), "clipped"),
        ((-0.4, 20, 30, 60.3), (0, 20, 30, 60), None),
        ((0.25, 0.5, 0.75, 1.0), (20, 30, 60, 60), "in shares"),
        ((0, 0, 1, 1), (0, 0, 1, 1), None),
        ((10, 20, 10, 40), None, "too small"),
        ((10, 20, 10.5, 40), None, "too small"),
        ((90, 20, 99, 40), None, "too small"),
    ],
)
def test_what_becomes_of_a_box(tmp_path: Path, corners, kept, kind):
    written = WrittenPicture(picture(tmp_path / "a.png"), "a", (WrittenBox("ant", corners),))
    checked = check_boxes(written, {"ant": 0})
    assert checked.picture is not None
    assert checked.picture.boxes.tolist() == ([list(kept)] if kept else [])
    assert [finding.kind for finding in checked.findings] == ([kind] if kind else [])
    assert sum(finding.boxes for finding in checked.findings) == bool(kind)


@pytest.mark.parametrize("edge", [float("nan"), float("inf")])
def test_a_picture_none_of_whose_boxes_is_of_numbers_is_no_empty_one(tmp_path: Path, edge: float):
    path, good = picture(tmp_path / "a.png"), WrittenBox("ant", (1, 2, 30, 40))
    lost = WrittenBox("ant", (10, 20, edge, 40))
    checked = check_boxes(WrittenPicture(path, "a", (lost,)), {"ant": 0})
    assert checked.picture is None
    assert [f.kind for f in checked.findings] == ["not a number", "annotation unreadable"]
    beside = check_boxes(WrittenPicture(path, "a", (lost, good)), {"ant": 0})
    assert beside.picture is not None
    assert beside.picture.boxes.tolist() == [[1, 2, 30, 40]]
    assert [f.kind for f in beside.findings] == ["not a number"]


def test_a_box_that_stands_there_twice_counts_once(tmp_path: Path):
    boxes = [WrittenBox(label, (1, 2, 30, 40)) for label in ("ant", "bee", "ant")]
    written = WrittenPicture(picture(tmp_path / "a.png"), "a", tuple(boxes))
    checked = check_boxes(written, {"ant": 0, "bee": 1})
    assert checked.picture is not None
    assert checked.picture.classes.tolist() == [0, 1]
    assert [(f.kind, f.boxes) for f in checked.findings] == [("box twice", 1)]


numbers = st.floats(-200, 200) | st.sampled_from([0.0, 60.0, 80.0, float("nan"), float("inf")])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(numbers, numbers, numbers, numbers), max_size=6))
def test_whatever_is_kept_holds_and_nothing_is_lost_unsaid(tmp_path_factory, corners):
    path = tmp_path_factory.getbasetemp() / "property.png"
    if not path.exists():
        picture(path)
    written = WrittenPicture(path, "a", tuple(WrittenBox("ant", box) for box in corners))
    checked = check_boxes(written, {"ant": 0})
    if checked.picture is None:
        assert corners
        assert not np.isfinite(corners).all(1).any()
        return
    boxes = checked.picture.boxes
    assert (boxes[:, 2:] - boxes[:, :2] > 0.99).all()
    assert (boxes >= 0).all()
    assert (boxes <= np.array([80, 60, 80, 60])).all()
    repaired = ("clipped", "corners swapped", "in shares")
    lost = [f.boxes for f in checked.findings if f.kind not in repaired]
    assert len(boxes) + sum(lost) == len(corners)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_header_tells_the_size_of_the_decoded_picture(
    tmp_path: Path, orientation: int, suffix: str
):
    path = picture(tmp_path / f"a.{suffix}", (60, 80), orientation)
    header = read_header(path)
    assert header.size == decode(path).shape[:2]
    assert header.orientation == orientation


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_boxes_drawn_before_an_exif_turn_are_turned_with_the_picture(
    tmp_path: Path, orientation: int
):
    pixels = np.zeros((60, 80, 3), np.uint8)
    pixels[10:20, 30:70] = 255
    image = Image.fromarray(pixels)
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(tmp_path / "a.png", exif=exif)
    box = WrittenBox("ant", (30, 10, 70, 20))
    checked = check_boxes(WrittenPicture(tmp_path / "a.png", "a", (box,), (60, 80)), {"ant": 0})
    assert [finding.kind for finding in checked.findings] == ["turned"]
    assert checked.picture is not None
    left, top, right, bottom = checked.picture.boxes[0].astype(int)
    upright = decode(tmp_path / "a.png")
    assert upright[top:bottom, left:right].min() == 255
    assert (bottom - top) * (right - left) == 400


def test_the_real_size_counts_and_the_stated_one_explains(tmp_path: Path):
    header = read_header(picture(tmp_path / "a.png", (60, 80)))
    inside = np.array([[1.0, 2, 30, 40]])
    stands = to_real_pixels(inside, (600, 801), header)
    assert stands.kind == "wrong size"
    assert np.array_equal(stands.corners, inside)
    scaled = to_real_pixels(np.array([[10.0, 20, 300, 400]]), (600, 800), header)
    assert scaled.kind == "rescaled"
    assert np.allclose(scaled.corners, [[1, 2, 30, 40]])
    other = to_real_pixels(np.array([[10.0, 20, 30, 78]]), (80, 60), header)
    assert other.corners is None
    assert "turned on its side" in other.detail


def test_a_picture_that_cannot_be_read_is_left_out(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(ImageError, match=r"a\.png"):
        read_header(tmp_path / "a.png")
    checked = check_boxes(WrittenPicture(tmp_path / "a.png", "a", ()), {})
    assert checked.picture is None
    assert [finding.kind for finding in checked.findings] == ["unreadable picture"]
