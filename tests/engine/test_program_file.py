"""Program files from strangers: whatever is wrong with one is said, and nothing else happens."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from mobilenetv2.engine import library
from mobilenetv2.engine.library import ABI_VERSION, PIXELS
from mobilenetv2.engine.lower import lower
from mobilenetv2.engine.native import NativeRunner
from mobilenetv2.engine.program_file import ProgramFile
from mobilenetv2.engine.reference import random_weights
from mobilenetv2.engine.write_program import write_program
from mobilenetv2.errors import CheckpointError, EngineError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.weights.fold import folded_spec

pytestmark = pytest.mark.skipif(
    not library.available(), reason="the engine was not built: there is no C++ compiler"
)

MARKS = {"format": "mobilenetv2-program", "abi": str(ABI_VERSION)}


@pytest.fixture(scope="module")
def program():
    graph = build(folded_spec(Spec(width=0.1, size=(33, 40), head=Classifier(3))))
    table = np.random.default_rng(2).normal(size=(3, 256)).astype(np.float32)
    return lower(graph, random_weights(graph, 1), table)


@pytest.fixture(scope="module")
def written(program, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("programs") / "good.program"
    write_program(program, path, {"labels": "[]"})
    return path


def test_what_is_read_is_what_was_written(program, written):
    file = ProgramFile(str(written))
    assert list(file.words) == program.words()
    assert file.plain("labels") == []
    engine = file.open()
    assert file.shapes() == ((33, 40, 3), ((1, 1, 3),))
    pixels = np.random.default_rng(0).integers(0, 256, (33, 40, 3)).astype(np.uint8)
    found = np.empty(3, np.float32)
    engine.run(pixels.tobytes(), PIXELS, 1, 1, [found.ctypes.data])
    expected = NativeRunner(program)(pixels[None])["logits"]
    np.testing.assert_array_equal(found, expected.ravel())


def rewrite(written: Path, path: Path, **changes: object) -> str:
    tensors = load_file(written)
    metadata = MARKS | {"labels": "[]"}
    for name, value in changes.items():
        if isinstance(value, np.ndarray):
            tensors[name] = value
        elif value is None:
            tensors.pop(name, None)
            metadata.pop(name, None)
        else:
            metadata[name] = str(value)
    save_file(tensors, path, metadata)
    return str(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "mobilenetv2"}, "is no compiled program. Make one with: mobilenetv2 export"),
        ({"abi": 1}, f"must be for version {ABI_VERSION} of the engine, got '1'; export it again"),
        ({"words": None}, "a compiled program has a tensor 'words' of type I64"),
        ({"words": np.zeros(4, np.float32)}, "a compiled program has a tensor 'words' of type I64"),
        ({"numbers": np.zeros(64, np.int8)}, "has a tensor 'numbers' of type U8"),
    ],
)
def test_what_is_missing_or_of_another_kind_is_named(written, tmp_path, changes, message):
    with pytest.raises(CheckpointError, match=message):
        ProgramFile(rewrite(written, tmp_path / "changed.program", **changes))


def test_metadata_that_is_no_json_is_named(written, tmp_path):
    file = ProgramFile(rewrite(written, tmp_path / "changed.program", labels="[1,"))
    with pytest.raises(CheckpointError, match="'labels' is not valid JSON"):
        file.plain("labels")
    with pytest.raises(CheckpointError, match="has 'license' in its metadata"):
        file.text("license")


def test_fewer_numbers_than_the_program_reads_are_refused(written, tmp_path):
    path = rewrite(written, tmp_path / "short.program", numbers=np.zeros(640, np.uint8))
    with pytest.raises(EngineError, match="lies outside the weights"):
        ProgramFile(path).open()


@pytest.mark.parametrize("keep", [0, 5, 8, 100, 2000, -1])
def test_a_truncated_file_is_refused(written, tmp_path, keep):
    path = tmp_path / "cut.program"
    path.write_bytes(written.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"cut\.program is damaged"):
        ProgramFile(str(path))


def test_an_empty_file_is_told_what_it_should_begin_with(tmp_path):
    path = tmp_path / "empty.program"
    path.touch()
    with pytest.raises(
        CheckpointError, match=r"a compiled program begins with its header's length$"
    ):
        ProgramFile(str(path))


def test_more_memory_than_the_maps_need_is_refused(program, written, tmp_path):
    words = np.array(program.words())
    assert words[6] == program.arena_bytes
    words[6] = 1 << 31
    path = rewrite(written, tmp_path / "arena.program", words=words)
    with pytest.raises(CheckpointError, match=r"arena\.program asks for 2,147,483,648 bytes"):
        ProgramFile(path).open()


def test_maps_that_no_classifier_in_a_file_needs_are_refused(program, written, tmp_path):
    words = np.array(program.words())
    # A last map, which no step uses, as large as the engine takes.
    words[3] += 1
    behind = 9 + 7 * (words[3] - 1)
    words[6] = (1 << 29) + 64
    most = [1 << 14, 1 << 9, 16, 16, 64, 0, words[9 + 6]]
    path = rewrite(written, tmp_path / "maps.program", words=np.insert(words, behind, most))
    with pytest.raises(CheckpointError, match="a program in a file may use 536,870,912"):
        ProgramFile(path).open()


def test_no_file_at_all(tmp_path):
    with pytest.raises(CheckpointError, match=r"cannot read .*No such file"):
        ProgramFile(str(tmp_path / "none.program"))


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b"7",
        b'{"__metadata__": []}',
        b"[" * 100_000,
        json.dumps({"__metadata__": MARKS, "words": 3}).encode(),
        json.dumps(
            {
                "__metadata__": MARKS,
                "words": {"dtype": "I64", "shape": [9], "data_offsets": [0, 2**60]},
            }
        ).encode(),
        json.dumps(
            {
                "__metadata__": MARKS,
                "words": {"dtype": "I64", "shape": [1], "data_offsets": [-8, 8]},
            }
        ).encode(),
        json.dumps(
            {
                "__metadata__": MARKS,
                "words": {"dtype": "I64", "shape": [1], "data_offsets": [True, 9]},
            }
        ).encode(),
    ],
)
def test_strange_headers_are_refused(tmp_path, header):
    path = tmp_path / "strange.program"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(64))
    with pytest.raises(CheckpointError):
        ProgramFile(str(path))


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.integers(0, 2**31), bits=st.integers(1, 255))
def test_a_flipped_byte_never_reaches_beyond_the_file(written, tmp_path, place, bits):
    """Refused, or run: the output is as large as the engine itself says."""
    content = bytearray(written.read_bytes())
    content[place % len(content)] ^= bits
    path = tmp_path / "flipped.program"
    path.write_bytes(content)
    try:
        file = ProgramFile(str(path))
        engine = file.open()
    except (CheckpointError, EngineError):
        return
    (height, width, channels), outputs = file.shapes()
    found = [np.empty(shape, np.float32) for shape in outputs]
    pixels = bytes(height * width * channels)
    engine.run(pixels, PIXELS, 1, 1, [output.ctypes.data for output in found])
