"""Large JPEGs decoded small: when, how small, and what is still said of them."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mobilenetv2
from mobilenetv2.preprocessing import TORCHVISION, Preprocessing
from mobilenetv2.sources.input import Input
from mobilenetv2.sources.side_by_side import worked
from mobilenetv2.tasks.image import as_image, decode, prepared

PHOTO = Path(mobilenetv2.__file__).parent / "examples" / "coffee.jpg"


def enlarged(times: float, kind: str = "JPEG", **options: object) -> bytes:
    image = Image.open(PHOTO)
    image = image.resize((round(image.width * times), round(image.height * times)))
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def sized(side: int, fit: str = "squash") -> Preprocessing:
    return Preprocessing((side, side), fit, 1.0, "bilinear", TORCHVISION.mean, TORCHVISION.std)


@pytest.mark.parametrize(
    ("side", "height"),
    [(400, 400), (201, 400), (200, 200), (101, 200), (100, 100), (50, 50), (20, 50)],
)
def test_never_smaller_than_what_the_network_sees(side: int, height: int):
    image, size = as_image(PHOTO, sized(side))
    assert image.height == height
    assert size == (400, 600)


def test_what_a_crop_leaves_out_does_not_count():
    assert as_image(PHOTO, sized(180, "crop"))[0].height == 200
    assert as_image(PHOTO, sized(180, "pad"))[0].height == 200
    narrow = Preprocessing((90, 30), "crop", 1.0, "bilinear", TORCHVISION.mean, TORCHVISION.std)
    assert as_image(PHOTO, narrow)[0].height == 100


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_turned_pictures_are_as_large_as_before(orientation: int):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = enlarged(1, exif=exif)
    image, size = as_image(data, sized(100))
    assert size == decode(data).shape[:2]
    assert image.size == (size[1] // 4, size[0] // 4)


def test_other_formats_and_images_of_a_caller_stay_what_they_are():
    png = enlarged(1, "PNG")
    np.testing.assert_array_equal(as_image(png, sized(50))[0], decode(png))
    opened = Image.open(PHOTO)
    assert as_image(opened, sized(50))[0].size == opened.size == (600, 400)
    inputs = [Input("", opened)]
    for _, image in worked(lambda one: as_image(one.picture, sized(50))[0], inputs):
        assert image.size == (600, 400)


def test_the_largest_scale_decides():
    small, large = prepared(PHOTO, [sized(50), sized(200)], "fast").inputs
    exact = prepared(PHOTO, [sized(50), sized(200)], "exact").inputs
    assert np.abs(large.astype(int) - exact[1]).mean() < 3
    assert np.abs(small.astype(int) - exact[0]).mean() < 3
    assert (large != exact[1]).any()


def test_answers_hardly_change_and_boxes_are_of_the_whole_picture(
    tiny_file: Path, tiny_detector_file: Path, tiny_segmenter_file: Path
):
    data = enlarged(4)
    classifier = mobilenetv2.load(tiny_file)
    exact, fast = (classifier.predict(data, decode=how) for how in ("exact", "fast"))
    assert fast.label == exact.label
    assert fast.score == pytest.approx(exact.score, abs=0.02)
    assert mobilenetv2.load(tiny_detector_file).predict(data, decode="fast").size == (1600, 2400)
    segmenter = mobilenetv2.load(tiny_segmenter_file)
    assert segmenter.predict(data, decode="fast").mask.shape == (1600, 2400)
    assert segmenter.predict([data, PHOTO], decode="fast")[1].mask.shape == (400, 600)


def test_the_word_is_checked(tiny_file: Path):
    with pytest.raises(ValueError, match="decode must be exact or fast, got 'quick'"):
        mobilenetv2.load(tiny_file).predict(PHOTO, decode="quick")
