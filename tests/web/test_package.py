"""What the JavaScript package says of itself, and the house's rules for its files."""

import json
import re
from pathlib import Path

import pytest

import mobilenetv2
from tests.web.javascript import PACKAGE

PAGE = PACKAGE.parent / "page"


def test_it_is_of_the_same_release():
    assert json.loads((PACKAGE / "package.json").read_text())["version"] == mobilenetv2.__version__


def test_it_needs_nothing():
    described = json.loads((PACKAGE / "package.json").read_text())
    assert not {"dependencies", "peerDependencies", "scripts"} & set(described)
    for path in PACKAGE.glob("*.js"):
        for name in re.findall(
            r'^(?:import|export|\}) .*from "([^"]+)"', path.read_text("utf-8"), re.M
        ):
            assert name.startswith("./"), f"{path.name} imports {name}"
            assert (PACKAGE / name).is_file(), f"{path.name} imports {name}"


def test_every_error_has_a_type_and_crosses_threads():
    thrown = set(re.findall(r"export class (\w+)", (PACKAGE / "errors.js").read_text()))
    typed = set(re.findall(r"export class (\w+)", (PACKAGE / "index.d.ts").read_text()))
    revived = set(re.findall(r'case "(\w+)"', (PACKAGE / "errors.js").read_text()))
    assert thrown == typed == revived | {"MobileNetV2Error"}


@pytest.mark.parametrize("path", sorted([*PACKAGE.glob("*.js"), *PAGE.glob("*.js")]), ids=str)
def test_a_file_is_short_and_keeps_nothing_to_itself(path: Path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 200
    assert text.startswith(("/**", "/*\n")), "a file begins with what it is for"
    assert not re.search(r"\b(eval|Function|innerHTML|document\.write)\b", text)
