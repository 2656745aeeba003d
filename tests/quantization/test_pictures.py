"""Pictures to calibrate on, wherever they lie."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mobilenetv2.errors import DatasetError, ImageError
from mobilenetv2.quantization.given import Given, digest_of, picture_of
from mobilenetv2.quantization.pictures import all_pictures, without
from tests.shards.tars import png, tar


def test_pictures_in_shards_are_known_by_their_bytes_too(tmp_path: Path):
    tar(tmp_path / "shards/a-0.tar", [("1.png", png(1)), ("2.png", png(2))])
    found = all_pictures(tmp_path / "shards")
    assert [picture.read_bytes() for picture in found] == [png(1), png(2)]
    (tmp_path / "judged.png").write_bytes(png(1))
    assert without(found, [tmp_path / "judged.png"]) == [found[1]]


def test_pictures_in_memory_are_taken_as_predict_takes_them(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(png(1))
    array = np.zeros((8, 8, 3), np.uint8)
    found = all_pictures([tmp_path / "a.png", array, Image.new("RGB", (8, 8)), png(2)])
    assert [type(one) for one in found[1:]] == [Given] * 3
    assert [str(one) for one in found] == [
        str(tmp_path / "a.png"), "pictures[1]", "pictures[2]", "pictures[3]",
    ]  # fmt: skip
    # The same content is one picture, wherever it is; a file's bytes are those of the file.
    assert digest_of(found[1]) == digest_of(found[2]) != digest_of(found[0])
    assert [one.place for one in without(all_pictures([png(1), array]), [tmp_path / "a.png"])] == [
        1
    ]
    assert len(all_pictures(np.zeros((3, 8, 8, 3), np.uint8))) == 3


def test_a_decoded_picture_is_known_by_what_it_shows(tmp_path: Path):
    """A file that judges is not to calibrate as well, be it opened by a program beforehand."""
    for number in (1, 2):
        (tmp_path / f"{number}.png").write_bytes(png(number))
    opened = [Image.open(tmp_path / f"{number}.png") for number in (1, 2)]
    arrays = [np.asarray(one.convert("RGB")) for one in opened]
    judged = [tmp_path / "1.png"]
    for given in (opened, arrays):
        assert [str(one) for one in without(all_pictures(given), judged)] == ["pictures[1]"]
    with pytest.raises(DatasetError, match="all 1 are"):
        without(all_pictures([arrays[0]]), judged)


def test_an_address_stays_one(tmp_path: Path):
    address = "http://localhost/a.jpg"
    (one,) = all_pictures([address])
    assert (type(one), picture_of(one)) == (Given, address)
    assert without([one], [tmp_path]) == [one]


def test_one_picture_alone_is_no_set_of_them():
    for one, told in ((np.zeros((8, 9, 3), np.uint8), r"an array \[8, 9, 3\]"),
                      (Image.new("RGB", (8, 8)), "Image")):  # fmt: skip
        with pytest.raises(DatasetError, match=f"needs several pictures, .* got one: {told}"):
            all_pictures(one)
    with pytest.raises(DatasetError, match="PIL images or RGB arrays, got int as number 0"):
        all_pictures([3])
    with pytest.raises(ImageError, match="got int"):
        all_pictures(3)
