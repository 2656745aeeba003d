"""Formats are told by keys, wherever in a large file these stand."""

import json
from pathlib import Path

import pytest

from mobilenetv2.datasets.key_search import ENDS_BYTES, keys_in
from mobilenetv2.datasets.sources import Coco, Named, find_sources
from tests.datasets.annotated import picture

LONG = 2 * ENDS_BYTES
KEYS = frozenset({b'"first"', b'"middle"', b'"last"'})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("before", [LONG, (1 << 20) - 12, (1 << 19) - 12])
def test_a_key_between_two_long_values_is_found(tmp_path: Path, before: int, encoding: str):
    """Also one on the border of two blocks."""
    file = tmp_path / "a.json"
    parts = {"first": "", "x": "x" * before, "middle": 0, "y": "y" * LONG, "last": 0}
    file.write_text(json.dumps(parts), encoding)
    assert keys_in(file, KEYS) == KEYS


def test_what_has_no_such_key_at_its_ends_is_not_looked_through(tmp_path: Path):
    file = tmp_path / "a.json"
    file.write_text("x" * LONG + '"middle"' + "x" * LONG)
    assert keys_in(file, KEYS) == frozenset()


@pytest.mark.parametrize("thing", [{}, {"isthing": 1}])
def test_coco_with_its_categories_between_pictures_and_annotations(tmp_path: Path, thing: dict):
    """Thousands of classes are longer than what is read of an end."""
    picture(tmp_path / "a.png")
    categories = [{"id": i, "name": f"a rather long name, {i}", **thing} for i in range(1, 3000)]
    many = [
        {"id": i, "image_id": 1, "category_id": i, "bbox": [1, 1, 8, 8]} for i in range(1, 3000)
    ]
    file = tmp_path / "a.json"
    images = [{"id": 1, "file_name": "a.png", "width": 40, "height": 30}]
    file.write_text(json.dumps({"images": images, "categories": categories, "annotations": many}))
    (source,) = find_sources(tmp_path)
    assert isinstance(source, Coco)
    assert source.panoptic == bool(thing)


def test_labelme_with_its_picture_behind_long_outlines(tmp_path: Path):
    points = [[i % 30 + 0.123456, i % 40 + 0.654321] for i in range(6000)]
    shapes = [{"label": "cup", "points": points, "shape_type": "polygon"}]
    content = {"shapes": shapes, "imagePath": "a.png", "imageData": "A" * LONG, "imageWidth": 40}
    (tmp_path / "a.json").write_text(json.dumps(content))
    (source,) = find_sources(tmp_path)
    assert isinstance(source, Named)
    assert source.format == "labelme JSON"
