"""Readers of tar shards: the archive itself, what its labels say, and the index that is kept."""

import json
import tempfile
from pathlib import Path

from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.member import Member
from tests.fuzz.scratch import file_of
from tests.shards.tars import png, tar

BOXES = {
    "width": 32, "height": 24,
    "annotations": [
        {"bbox": [1, 2, 10, 12], "category": "cat", "iscrowd": 0, "area": 120.0},
        {"bbox": [3.5, 2, 7, 8], "category": "dog"},
    ],
}  # fmt: skip
LONG = "folder/" * 20 + "c"


def archives() -> list[bytes]:
    """Tars as the standard library writes them in its three formats, long names included."""
    picture = png(1)
    members = [
        ("a.png", picture), ("a.cls", b"cat"), ("b.png", picture), ("b.cls", b"1"),
        (f"{LONG}.png", picture), (f"{LONG}.json", json.dumps({"label": "dog"}).encode()),
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        return [
            tar(Path(folder) / f"{form}.tar", members if form else members[:4], form).read_bytes()
            for form in range(3)
        ]


def read_archive(data: bytes, folder: Path) -> None:
    from mobilenetv2.shards.rows import rows_of

    rows_of(str(file_of(folder, "a.tar", data)))


def read_boxes(data: bytes, _: Path) -> None:
    """Whoever opens shards leaves the picture out: that is a ValueError, and no other."""
    from mobilenetv2.datasets.boxed_shards import boxed_picture

    try:
        boxed_picture(Member("a.tar", 512, 100, "a.png"), data, ("cat", "dog"))
    except ValueError as error:
        raise DatasetError(str(error)) from error


def indexes() -> list[bytes]:
    """Of two shards."""
    from mobilenetv2.shards.index import joined
    from mobilenetv2.shards.look_through import open_index

    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(archives()[:2]):
            file_of(Path(folder), f"{number}.tar", data)
        index = open_index(folder)
        places = [(shard, index.known()[shard.name, shard.mark]) for shard in index.shards]
        path = Path(folder) / "index"
        joined(places).save(path)
        return [path.read_bytes()]


def read_index(data: bytes, folder: Path) -> None:
    """Whoever opens shards makes a damaged index anew: that is a ValueError, and no other."""
    from mobilenetv2.shards.index import load

    try:
        index = load(file_of(folder, "index", data))
    except ValueError as error:
        raise DatasetError(str(error)) from error
    index.known()
    for row in range(min(len(index), 8)):
        index.picture(row)
        index.mask(row)
        index.label(row)
