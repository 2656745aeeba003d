"""What a browser makes of a program file, and of one that is damaged or hostile."""

import json
import struct

import numpy as np
import pytest

from tests.web.javascript import JavaScript, JavaScriptError

SEEN = {"size": [8, 8], "fit": "squash", "crop_fraction": 1, "interpolation": "bilinear"}
TEXTS = {
    "format": "mobilenetv2-program",
    "abi": "2",
    "task": "detection",
    "labels": json.dumps(["ant", "bee"]),
    "preprocessing": json.dumps(SEEN),
    "outputs": json.dumps(["box0", "class0"]),
    "head": json.dumps({"box_scales": [10, 10, 5, 5], "scores": "sigmoid", "maps": 1}),
    "source": "a test",
}
TENSORS = {
    "words": {"dtype": "I64", "shape": [2], "data_offsets": [0, 16]},
    "numbers": {"dtype": "U8", "shape": [4], "data_offsets": [16, 20]},
    "anchors": {"dtype": "F32", "shape": [1, 4], "data_offsets": [20, 36]},
}
DATA = bytes(range(20)) + struct.pack("<4f", 0.25, 0.25, 0.75, 0.75)


def file_of(
    texts: dict[str, str], tensors: dict[str, object] = TENSORS, data: bytes = DATA
) -> bytes:
    header = json.dumps({"__metadata__": texts} | tensors).encode()
    return len(header).to_bytes(8, "little") + header + data


def read(javascript: JavaScript, content: bytes):
    return javascript.call("program_file.js", "readProgram", content)


def test_all_of_it_is_read(javascript: JavaScript):
    program = read(javascript, file_of(TEXTS))
    assert (program["task"], program["labels"]) == ("detection", ["ant", "bee"])
    assert program["preprocessing"] == SEEN
    assert program["head"]["scores"] == "sigmoid"
    assert bytes(program["words"]) == DATA[:16]
    assert bytes(program["numbers"]) == DATA[16:20]
    np.testing.assert_array_equal(program["anchors"], [0.25, 0.25, 0.75, 0.75])


def test_a_file_of_the_first_release_holds_a_classifier(javascript: JavaScript):
    old = {name: TEXTS[name] for name in ("format", "abi", "labels", "preprocessing")}
    program = read(javascript, file_of(old))
    assert (program["task"], program["outputs"]) == ("classification", ["logits"])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (bytes(4), "damaged: a compiled program begins with its header"),
        (b"\xff" * 99, "damaged: a compiled program begins with its header"),
        (file_of({"format": "mobilenetv2"}), "must be a compiled program, and this is none"),
        (file_of(TEXTS | {"abi": "1"}), "must be for version 2 of the engine, got 1"),
        (file_of(TEXTS | {"labels": "["}), '"labels" is no JSON'),
        (file_of(TEXTS | {"labels": "[]"}), "has labels and outputs"),
        (file_of(TEXTS | {"task": "fortune"}), "says its task"),
        (file_of(TEXTS | {"preprocessing": "{}"}), "says how pictures are prepared"),
        (file_of(TEXTS | {"head": "{}"}), "says what its boxes mean"),
        (file_of(TEXTS, data=DATA[:-1]), 'holds all of "anchors"'),
        (
            file_of(TEXTS, TENSORS | {"numbers": {"dtype": "U8", "data_offsets": [9, 2**60]}}),
            'has a tensor "numbers"',
        ),
        (
            file_of(TEXTS, TENSORS | {"numbers": {"dtype": "U8", "data_offsets": [9, 1e9]}}),
            'holds all of "numbers"',
        ),
    ],
)
def test_others_are_refused_in_a_sentence(content: bytes, sentence: str, javascript: JavaScript):
    with pytest.raises(JavaScriptError, match=f"ModelError: .*{sentence}"):
        read(javascript, content)
