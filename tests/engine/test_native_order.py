"""The native engine's files know one another in one direction only."""

import re
from graphlib import TopologicalSorter
from pathlib import Path

import hatch_build
import pytest

INCLUDE = re.compile(r'^#include "([\w/]+)\.h"', re.MULTILINE)
NAMED = r"^(?!inline)(?=\w)[\w:<>*& ]+?[ *](\w+)\("
DECLARED = re.compile(NAMED + r"[^;{]*\);", re.MULTILINE)
"""A function that a header leaves to a .cpp file; methods are indented, inline ones have a body."""
DEFINED = re.compile(NAMED, re.MULTILINE)
WITH_BODY = re.compile(NAMED + r"[^;{]*\{", re.MULTILINE)
"""A function that a header defines itself, such as a template declared ahead."""


def read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def parts(folder: Path) -> dict[str, tuple[str, str]]:
    """Of each part of the engine what its header and its .cpp file say; either may be missing."""
    found = {path.relative_to(folder).with_suffix("") for path in folder.rglob("*.[hc]*")}
    own = sorted(str(name) for name in found if name.parts[0] != "tests")
    return {name: (read(folder / f"{name}.h"), read(folder / f"{name}.cpp")) for name in own}


def included(name: str, text: str, known: dict[str, tuple[str, str]]) -> set[str]:
    """Other parts that a part's text includes: beside it, or from the engine's folder."""
    names = INCLUDE.findall(text)
    beside = (str(Path(name).parent / other) for other in names)
    paths = (near if near in known else other for near, other in zip(beside, names, strict=True))
    return set(paths) - {name}


def defined_elsewhere(known: dict[str, tuple[str, str]]) -> list[str]:
    """Functions that one part's header declares and another part's file has to define."""
    return [
        f"{name}.h declares {function}"
        for name, (header, source) in known.items()
        for function in DECLARED.findall(header)
        if function not in DEFINED.findall(source) + WITH_BODY.findall(header)
    ]


def test_a_header_and_its_file_are_one_part_and_no_two_parts_need_each_other():
    known = parts(hatch_build.SOURCES)
    needs = {name: included(name, "".join(texts), known) for name, texts in known.items()}
    order = list(TopologicalSorter(needs).static_order())  # a circle is a CycleError
    assert set(order) == set(known)
    assert order.index("program") < order.index("convolution") < order.index("engine")


def test_what_a_header_declares_stands_in_its_own_file():
    """So whoever calls a function includes its part, and calls go the way of the includes."""
    known = parts(hatch_build.SOURCES)
    declared = [function for header, _ in known.values() for function in DECLARED.findall(header)]
    assert {"mnv2_run", "isas", "run_step", "run_pool"} <= set(declared)
    assert defined_elsewhere(known) == []


def test_a_circle_of_calls_is_noticed(tmp_path: Path):
    (tmp_path / "above.h").write_text("void above();\nint below(int value);\n")
    (tmp_path / "above.cpp").write_text('#include "above.h"\nvoid above() { below(1); }\n')
    (tmp_path / "below.cpp").write_text('#include "above.h"\nint below(int) { above(); }\n')
    assert defined_elsewhere(parts(tmp_path)) == ["above.h declares below"]
    (tmp_path / "above.h").write_text('#include "below.h"\nvoid above();\n')
    (tmp_path / "below.h").write_text("int below(int value);\n")
    known = parts(tmp_path)
    assert defined_elsewhere(known) == []
    needs = {name: included(name, "".join(texts), known) for name, texts in known.items()}
    with pytest.raises(ValueError, match="cycle"):
        list(TopologicalSorter(needs).static_order())
