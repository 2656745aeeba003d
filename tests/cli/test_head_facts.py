"""`info` knows every kind of head."""

import json

import pytest
from click.testing import CliRunner

from mobilenetv2.cli import main


def info(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["info", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_detector_counts_its_anchors():
    head = json.loads(info("--head", "ssdlite", "--size", "300", "--json"))["head"]
    assert head["task"] == "detection"
    assert head["anchors"] == 1917  # as the released system has them
    assert head["maps"][0] == [19, 19, 3]
    assert head["classes"] == 80


def test_a_segmenter_names_its_map():
    head = json.loads(info("--head", "deeplab-aspp", "--json"))["head"]
    assert head == {
        "task": "segmentation",
        "classes": 21,
        "output_stride": 16,
        "map": [33, 33],
        "aspp_rates": [6, 12, 18],
    }


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("classifier", ["classification", "1,000"]),
        ("ssd", ["detection", "2,034", "20x20x3, 10x10x6", "softmax"]),
        ("deeplab", ["segmentation", "output stride", "33, 33"]),
    ],
)
def test_tables_say_it_too(head: str, words: list[str]):
    text = info("--head", head)
    for word in words:
        assert word in text
