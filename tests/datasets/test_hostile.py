"""Whatever lies in a folder, reading it ends in data, in findings, or in a DatasetError."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobilenetv2.datasets.read_boxes import ReadBoxes, read_boxes
from mobilenetv2.datasets.yolo_yaml import read_yolo_yaml
from mobilenetv2.errors import DatasetError
from tests.datasets.annotated import picture

SOME = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.integers(-2, 90)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["one.png", 1, 10, 20]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


def maybe(data: Path) -> ReadBoxes | None:
    try:
        return read_boxes(data)
    except DatasetError:
        return None


def entries(*keys: str) -> st.SearchStrategy[list[dict[str, object]]]:
    return st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(keys, values)), max_size=2)


@SOME
@given(
    entries("image_id", "category_id", "bbox", "area", "iscrowd", "segments_info"),
    entries("id", "file_name", "height", "width"),
    st.lists(values, min_size=4, max_size=4),
)
def test_any_json_in_cocos_form(tmp_path: Path, annotations, images, box):
    picture(tmp_path / "one.png")
    first = {"id": 1, "file_name": "one.png", "height": 60, "width": 80}
    annotations.append({"image_id": 1, "category_id": 3, "bbox": box, "area": box[0]})
    content = {
        "images": [first, *images],
        "annotations": annotations,
        "categories": [{"id": 3, "name": "ant"}],
    }
    (tmp_path / "all.json").write_text(json.dumps(content))
    read = maybe(tmp_path / "all.json")
    # A picture of whose annotations not one can be read is no picture of nothing: it is left out.
    assert read is None or [found.path.name for found in read.pictures.pictures] == ["one.png"]


@SOME
@given(values)
def test_any_json(tmp_path: Path, content):
    picture(tmp_path / "one.png")
    (tmp_path / "all.json").write_text(json.dumps(content))
    assert maybe(tmp_path / "all.json") is None


@SOME
@given(
    st.binary(max_size=60)
    | st.text("<>/&;objectbndboxnamexmin0189 !-[]", max_size=60).map(str.encode)
)
def test_any_bytes_in_an_xml_file(tmp_path: Path, content: bytes):
    picture(tmp_path / "one.png")
    (tmp_path / "one.xml").write_bytes(b"<annotation>" + content + b"</annotation>")
    assert maybe(tmp_path) is None


@SOME
@given(st.binary(max_size=40) | st.text("0123456789. -e\nnaif", max_size=40).map(str.encode))
def test_any_bytes_in_a_label_file(tmp_path: Path, content: bytes):
    picture(tmp_path / "one.png")
    (tmp_path / "data.yaml").write_text("names: [ant, bee]")
    (tmp_path / "one.txt").write_bytes(content)
    read = maybe(tmp_path)
    lines = content.split(b"\n")
    assert read is None or read.pictures.boxes <= len(lines) + content.count(b"\r")


@SOME
@given(st.text("nams:val pth-[]{}'\"#,&*|>\n\t01", max_size=60) | st.text(max_size=60))
def test_any_text_in_a_description(tmp_path: Path, content: str):
    file = tmp_path / "data.yaml"
    file.write_text("names: [ant]\n" + content, "utf-8", newline="\n")
    try:
        labels = read_yolo_yaml(file).labels
    except DatasetError:
        return
    assert labels
    assert "" not in labels


@pytest.mark.parametrize("name", ["data.yaml", "all.json", "one.xml", "classes.txt"])
def test_dead_links_are_passed_over(tmp_path: Path, name: str):
    (tmp_path / name).symlink_to(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="as Pascal VOC"):
        read_boxes(tmp_path)


def test_a_list_of_labels_beside_notes_is_no_data_set(tmp_path: Path):
    picture(tmp_path / "one.png")
    (tmp_path / "labels.txt").write_text("ant\nbee\n")
    (tmp_path / "notes.txt").write_text("3 of them are blurred\n")
    with pytest.raises(DatasetError, match="as Pascal VOC"):
        read_boxes(tmp_path)
