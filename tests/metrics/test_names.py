"""What docs/evaluation.md promises can be imported, whatever was imported before."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "evaluation.md"
PROMISED = re.compile(r"((?:`\w+`[,\s]*(?:and\s+)?)+)in\s+`(mobilenetv2\.\w+)`")


def promises() -> list[tuple[str, str]]:
    text = DOCS.read_text("utf-8")
    return [
        (room, name) for names, room in PROMISED.findall(text) for name in re.findall(r"\w+", names)
        if name != "and"
    ]  # fmt: skip


def test_the_page_makes_promises():
    names = {name for _, name in promises()}
    assert {"coco_ap", "voc_ap", "confusion_matrix", "evaluate_detector"} <= names


@pytest.mark.parametrize(("room", "name"), promises())
def test_every_promise_is_kept(room, name):
    assert callable(getattr(import_module(room), name))


@pytest.mark.parametrize("first", ["mobilenetv2.metrics.coco_ap", "mobilenetv2.evaluate"])
def test_a_function_is_not_hidden_by_its_file(first):
    """In a process of its own, as imports happen once."""
    code = f"import {first}\nfrom mobilenetv2.metrics import coco_ap, voc_ap\n"
    code += "assert callable(coco_ap) and callable(voc_ap)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_small_program_does_not_pay_for_them():
    code = "import sys, mobilenetv2; mobilenetv2.load\n"
    code += "assert 'mobilenetv2.metrics' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
