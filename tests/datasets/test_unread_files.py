"""What might have been annotations is named, with what is wrong with it."""

from pathlib import Path

import pytest

from mobilenetv2.datasets.read_boxes import read_boxes
from mobilenetv2.errors import DatasetError
from tests.datasets.annotated import picture


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", '{"images": [', r"a\.json cannot be read as JSON"),
        ("a.json", "[1]", r"a\.json must hold an object .* it holds a list"),
        ("a.json", '{"boxes": 1}', "it has boxes"),
        ("data.yaml", "nc: 2\ntrain: x\n", "data.yaml must have names, it has nc, train"),
        ("a.xml", "<html></html>", "begins with <html>"),
        ("a.csv", "file,x,y,w,h\n", "has the columns file, x, y, w, h"),
        ("a.txt", "Car 0.00 0 -1.57 10.0 10 50 50 1.6 1.6 3.9 1 1 1 1\n", "is KITTI"),
        ("a.txt", "imagesource:GoogleEarth\ngsd:0.1\n", "is DOTA"),
        ("a.txt", "10 10 50 10 50 50 10 50 plane 0\n", "is DOTA"),
        ("a.txt", "1,1,10,10,20,20,1,1,1\n", "is MOT"),
    ],
)
def test_the_error_says_what_lies_there(tmp_path: Path, name: str, text: str, said: str):
    picture(tmp_path / "one.png")
    (tmp_path / name).write_text(text)
    with pytest.raises(DatasetError, match=rf"got none of these\. .*{said}"):
        read_boxes(tmp_path)
