"""Our own checkpoints: what goes in comes out, and a damaged file is always recognised."""

import json
import os
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from mobilenetv2.engine.reference import random_weights
from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.preprocessing import TORCHVISION
from mobilenetv2.reading import UNEXPECTED
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint, Metric, Provenance
from mobilenetv2.weights.plain import to_plain
from mobilenetv2.weights.write import write_tensors

SPEC = Spec(width=0.1, size=(32, 32), head=Classifier(3))
CHECKPOINT = Checkpoint(
    spec=SPEC,
    weights=random_weights(build(SPEC), 0),
    preprocessing=TORCHVISION,
    labels=("cat", "dög", "a, b"),
    provenance=Provenance("random", "ab" * 32, ("step one", "step two")),
    license="CC0-1.0",
    metrics=(Metric("top1", 0.25, "pets", "test", 12),),
    recipe='{"epochs": 3}',
)


SPEC_TEXT, IMAGENET = (json.dumps(to_plain(value)) for value in (SPEC, TORCHVISION))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    store.save(CHECKPOINT, path)
    return path


def rewrite(path: Path, **metadata: str | None) -> None:
    """The same tensors under changed metadata; None removes an entry."""
    old = store._metadata(CHECKPOINT)
    new = {k: v for k, v in (old | metadata).items() if v is not None}
    save_file(load_file(path), path, new)


def test_float32_round_trip_is_exact(file: Path):
    loaded = store.load(file)
    for name in ("spec", "preprocessing", "labels", "provenance", "license", "metrics", "recipe"):
        assert getattr(loaded, name) == getattr(CHECKPOINT, name)
    assert set(loaded.weights) == set(CHECKPOINT.weights)
    for name, array in CHECKPOINT.weights.items():
        np.testing.assert_array_equal(loaded.weights[name], array)


def test_float16_halves_the_file_and_loads_as_float32(file: Path, tmp_path: Path):
    small = tmp_path / "small.safetensors"
    store.save(CHECKPOINT, small, "float16")
    assert small.stat().st_size < 0.6 * file.stat().st_size
    loaded = store.load(small)
    assert {array.dtype for array in loaded.weights.values()} == {np.dtype(np.float32)}
    for name, array in CHECKPOINT.weights.items():
        np.testing.assert_allclose(loaded.weights[name], array, rtol=1e-3, atol=1e-6)


def test_what_float16_cannot_hold_is_refused_and_nothing_written(tmp_path: Path):
    weights = dict(CHECKPOINT.weights)
    weights["stem.weight"] = np.full_like(weights["stem.weight"], 1e6)
    with pytest.raises(CheckpointError, match=r"stem\.weight.*not finite in float16"):
        store.save(replace(CHECKPOINT, weights=weights), tmp_path / "m.safetensors", "float16")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_file_and_no_litter(file: Path, small_disk: Path):
    target = small_disk / "model.safetensors"
    target.write_bytes(b"the old file")
    with pytest.raises(CheckpointError, match="nothing was changed"):
        store.save(CHECKPOINT, target)
    assert target.read_bytes() == b"the old file"
    assert [path.name for path in small_disk.iterdir()] == ["model.safetensors"]


def test_a_target_that_is_a_folder_is_refused_and_leaves_no_litter(tmp_path: Path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(CheckpointError, match="cannot write"):
        store.save(CHECKPOINT, tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"format": "pt"}, "format 'mobilenetv2', got 'pt'"),
        (
            {"version": "7"},
            "reads version 1, in integers 2, with a hidden layer 3, .* 4, .* 5, got '7'",
        ),
        ({"spec": None}, "metadata lacks spec"),
        ({"spec": "{not json"}, "'spec' is not valid JSON"),
        ({"spec": "[" * 100_000}, "'spec' is not valid JSON"),
        ({"spec": "{}"}, "spec must be a Spec"),
        ({"labels": '["a", "b"]'}, "3 classes, got 2 labels"),
        ({"labels": '["a", "b", 3]'}, r"labels\[2\]"),
        ({"preprocessing": "null"}, "preprocessing must be"),
        ({"metrics": '[{"kind": "Metric"}]'}, "complete"),
    ],
)
def test_metadata_is_checked(file: Path, metadata: dict[str, str | None], message: str):
    rewrite(file, **metadata)
    with pytest.raises(CheckpointError, match=message):
        store.load(file)


def test_a_spec_of_another_width_names_the_tensors_that_differ(file: Path):
    rewrite(file, spec=json.dumps(to_plain(replace(SPEC, width=0.5))))
    with pytest.raises(CheckpointError, match=r"do not fit MobileNetV2 0\.5.*stem\.weight: needs"):
        store.load(file)


def test_a_spec_too_large_for_its_file_allocates_nothing(file: Path):
    rewrite(file, spec=json.dumps(to_plain(replace(SPEC, width=64.0))))
    with pytest.raises(CheckpointError, match="do not fit"):
        store.load(file)


def test_values_that_are_not_numbers_are_refused(file: Path):
    tensors = load_file(file)
    tensors["stem.weight"][0, 0, 0, 0] = np.nan
    save_file(tensors, file, store._metadata(CHECKPOINT))
    with pytest.raises(CheckpointError, match=r"stem\.weight must hold finite numbers"):
        store.load(file)


def test_other_types_are_refused(file: Path):
    tensors = load_file(file)
    tensors["stem.weight"] = tensors["stem.weight"].astype(np.int32)
    save_file(tensors, file, store._metadata(CHECKPOINT))
    with pytest.raises(CheckpointError, match=r"stem\.weight must be F16 or F32"):
        store.load(file)


def test_every_truncation_is_recognised(file: Path):
    whole = file.read_bytes()
    for length in (0, 1, 7, 8, 9, 100, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:length])
        with pytest.raises(CheckpointError):
            store.load(file)


def test_a_tensor_that_claims_to_be_huge_is_refused(file: Path):
    whole = file.read_bytes()
    (length,) = struct.unpack("<Q", whole[:8])
    header = json.loads(whole[8 : 8 + length])
    header["stem.weight"]["shape"] = [2**60, 1, 1, 1]
    packed = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(packed)) + packed + whole[8 + length :])
    with pytest.raises(CheckpointError):
        store.load(file)


def test_a_missing_file_is_an_error_of_ours(tmp_path: Path):
    with pytest.raises(CheckpointError, match="not a readable"):
        store.load(tmp_path / "nothing.safetensors")


def test_the_package_that_others_read_with_reads_it(tmp_path: Path):
    """Arrays of every type, empty and scalar ones, and texts in any language."""
    arrays = {
        "c": np.arange(6, dtype=np.float32).reshape(2, 3), "a": np.array(1, np.int64),
        "b": np.arange(5, dtype=np.int8), "d": np.empty((0, 4), np.float16),
        "e": np.arange(4, dtype=np.float32)[::2], "f": np.arange(3, dtype=">i4"),
    }  # fmt: skip
    path = tmp_path / "file.safetensors"
    write_tensors(path, arrays, {"z": 'ü "犬"\n', "a": ""})
    with safe_open(path, framework="numpy") as file:
        assert file.metadata() == {"z": 'ü "犬"\n', "a": ""}
        assert set(file.keys()) == set(arrays)
        for name, array in arrays.items():
            np.testing.assert_array_equal(file.get_tensor(name), array)


def test_half_a_character_is_not_written(tmp_path: Path):
    path = tmp_path / "file.safetensors"
    path.write_text("old")
    with pytest.raises(CheckpointError, match=r"cannot write .*surrogates not allowed"):
        write_tensors(path, {}, {"license": "\ud800"})
    assert [item.name for item in tmp_path.iterdir()] == ["file.safetensors"]
    assert path.read_text() == "old"


def test_a_name_as_long_as_a_name_can_be(tmp_path: Path):
    path = tmp_path / ("x" * 243 + ".safetensors")
    write_tensors(path, {}, {})
    assert path.is_file()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_what_is_no_file_is_written_to(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_tensors(tmp_path / "pipe", {}, {})
    assert os.read(reader, 100)[8:] == b'{"__metadata__":{}}     '
    os.close(reader)
    assert (tmp_path / "pipe").is_fifo()


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("labels", nested(10_000), "'labels' is not valid JSON: it is nested too deeply"),
        ("labels", nested(400), r"labels must be a list of 3|labels\[0\] must be of type str"),
        (
            "spec",
            SPEC_TEXT.replace('"stem_channels": 32', f'"stem_channels": {10**400}'),
            "64 bits",
        ),
        ("spec", SPEC_TEXT.replace('"stem_channels": 32', f'"stem_channels": {10**9}'), "to 65536"),
        ("spec", SPEC_TEXT.replace('"width": 0.1', '"width": NaN'), r"width must be in \(0, 64\]"),
        ("preprocessing", IMAGENET.replace("0.485", "NaN"), "mean must be from -1e"),
        ("preprocessing", IMAGENET.replace("0.485", "1e30"), "mean must be from -1e"),
        ("preprocessing", IMAGENET.replace("0.229", "NaN"), "std must be positive"),
        ("preprocessing", IMAGENET.replace("0.229", "1e-30"), "std must be positive"),
        ("preprocessing", IMAGENET.replace("224", str(10**18)), "size must be at least 1"),
        ("metrics", "{" * 3, "'metrics' is not valid JSON"),
    ],
)
def test_a_hostile_description_is_refused_by_a_rule(
    file: Path, name: str, text: str, message: str
) -> None:
    rewrite(file, **{name: text})
    with pytest.raises(CheckpointError, match=message) as raised:
        store.load(file)
    assert "model.safetensors" in str(raised.value)
    assert UNEXPECTED not in str(raised.value)


def test_files_made_to_hurt_are_refused(hostile: Path) -> None:
    for name in ("own_huge_stem_channels", "own_labels_nested", "own_mean_nan"):
        with pytest.raises(CheckpointError, match=name):
            store.load(hostile / f"{name}.safetensors")


def test_a_label_without_an_end_is_refused(file: Path) -> None:
    rewrite(file, labels=json.dumps(["cat", "d" * 1001, "x"]))
    with pytest.raises(CheckpointError, match="a label may have 1000 letters, got one of 1001"):
        store.load(file)


def test_unusual_letters_and_names_that_are_not_utf_8_survive(tmp_path: Path) -> None:
    """A folder's name may be any bytes; Python hands out such a name with lone surrogates."""
    labels = ("\u202eكلب \U0001f415", "名前\u200d", b"caf\xe9".decode("utf-8", "surrogateescape"))
    path = tmp_path / "model.safetensors"
    changed = replace(CHECKPOINT, labels=labels, provenance=Provenance(labels[2]))
    store.save(changed, path)
    loaded = store.load(path)
    assert loaded.labels == labels
    assert loaded.provenance.source == labels[2]


@pytest.mark.parametrize("name", ["a.onnx", "a.TFLITE", "a.param", "a.h5", "a.pth"])
def test_no_checkpoint_is_called_what_it_is_not(tmp_path, name):
    """A converter or a telephone would be the first to tell."""
    with pytest.raises(
        CheckpointError, match=r"would say that it is another: .*mobilenetv2 export"
    ):
        store.save(CHECKPOINT, tmp_path / name)
    assert not list(tmp_path.iterdir())
