"""Quantised checkpoints in files: the same integers come back, and what is hostile is refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.weights import store
from mobilenetv2.weights.quantized import DequantizedWeights
from mobilenetv2.weights.to_float import to_float
from tests.quantized import random_quantized

SPEC = Spec(width=0.1, size=(32, 32), head=Classifier(3), batch_norm_epsilon=None)
CHECKPOINT = random_quantized(SPEC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    store.save(CHECKPOINT, path)
    return path


def metadata_of(path: Path) -> dict[str, str]:
    with safe_open(path, framework="numpy") as opened:
        return opened.metadata()


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_integers_come_back_as_they_were(tmp_path, dtype):
    path, checkpoint = tmp_path / "m.safetensors", random_quantized(SPEC, 4, dtype)
    store.save(checkpoint, path)
    loaded = store.load(path)
    for name in ("spec", "preprocessing", "labels", "provenance", "license", "metrics", "recipe"):
        assert getattr(loaded, name) == getattr(checkpoint, name)
    assert loaded.quantization.activations == checkpoint.quantization.activations
    for name, integers in checkpoint.quantization.convs.items():
        for part in ("weight", "scale", "zero_point", "bias"):
            ours, theirs = getattr(integers, part), getattr(loaded.quantization.convs[name], part)
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)
    assert isinstance(loaded.weights, DequantizedWeights)


def test_the_file_is_as_small_as_its_integers(tmp_path):
    spec = replace(SPEC, width=1.0)
    checkpoint = random_quantized(spec)
    store.save(checkpoint, tmp_path / "integers.safetensors")
    store.save(checkpoint, tmp_path / "floats.safetensors", "float32")
    sizes = {path.stem: path.stat().st_size for path in tmp_path.iterdir()}
    assert sizes["integers"] < 0.3 * sizes["floats"]


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_a_precision_makes_floats_of_them(tmp_path, precision):
    path = tmp_path / "floats.safetensors"
    store.save(CHECKPOINT, path, precision)
    loaded = store.load(path)
    assert loaded.quantization is None
    assert metadata_of(path)["version"] == "1"
    tolerance = 1e-3 if precision == "float16" else 0
    for name, array in to_float(CHECKPOINT).weights.items():
        np.testing.assert_allclose(loaded.weights[name], array, rtol=tolerance, atol=tolerance)


def test_floats_keep_the_format_they_had(tmp_path):
    """Releases that knew no integers read them: of version 1, with nothing that was not there."""
    path = tmp_path / "floats.safetensors"
    store.save(to_float(CHECKPOINT), path, "float16")
    assert metadata_of(path).keys() == {
        "version", "license", "recipe", "metrics", "format", "spec", "preprocessing", "labels",
        "provenance",
    }  # fmt: skip
    assert metadata_of(path)["version"] == "1"
    arrays = load_file(path)
    assert arrays.keys() == build(SPEC).parameter_shapes.keys()
    assert {str(array.dtype) for array in arrays.values()} == {"float16"}


def test_integers_are_of_a_version_that_older_releases_refuse(file):
    assert metadata_of(file)["version"] == "2"
    kinds = {name.rpartition(".")[2]: array.dtype for name, array in load_file(file).items()}
    expected = {"weight": "int8", "scale": "float32", "zero_point": "int32", "bias": "int32"}
    assert kinds == {part: np.dtype(kind) for part, kind in expected.items()}


def changed(array, **values):
    """A copy with its first number replaced."""
    copy = array.copy()
    copy.flat[0] = values["first"]
    return copy


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("stem.weight", lambda a: a.astype(np.float32), r"stem\.weight must be I8 or U8.*F32"),
        ("stem.weight", lambda a: a.astype(np.int16), r"stem\.weight must be I8 or U8.*I16"),
        ("stem.weight", lambda a: a[:, :, :2], r"stem\.weight: needs \(8, 3, 3, 3\), file has"),
        ("stem.weight", lambda _: None, r"1 are missing, first \['stem\.weight'\]"),
        ("logits.scale", lambda _: None, r"1 are missing, first \['logits\.scale'\]"),
        ("logits.scale", lambda a: a.astype(np.float64), r"logits\.scale must be F32.*F64"),
        ("logits.scale", lambda a: a[:2], r"logits\.scale: needs \(3,\), file has \(2,\)"),
        ("logits.scale", lambda a: changed(a, first=0), "logits: the scales of weights must be"),
        ("logits.scale", lambda a: changed(a, first=-1), "from 1e-30 to 1e.06, got -1"),
        ("logits.scale", lambda a: changed(a, first=np.nan), "got nan"),
        ("logits.scale", lambda a: changed(a, first=np.inf), "got inf"),
        ("last.zero_point", lambda a: changed(a, first=128), "last: zero points of int8.*got 128"),
        ("last.zero_point", lambda a: changed(a, first=-(2**31)), "got -2147483648"),
        ("last.zero_point", lambda _: None, r"first \['last\.zero_point'\]"),
        ("last.bias", lambda a: a.astype(np.int64), r"last\.bias must be I32.*I64"),
        ("last.bias", lambda a: changed(a, first=2**31 - 1), "do not fit int32"),
        ("more.bias", lambda _: np.zeros(1, np.int32), r"1 are unknown, first \['more\.bias'\]"),
    ],
)
def test_tensors_are_checked(file, name, change, message):
    tensors, metadata = load_file(file), metadata_of(file)
    made = change(tensors.pop(name, np.zeros(1)))
    if made is not None:
        tensors[name] = np.ascontiguousarray(made)
    save_file(tensors, file, metadata)
    with pytest.raises(CheckpointError, match=message):
        store.load(file)


def with_map(name, scale, zero_point):
    """The metadata's list of maps with one row changed."""
    rows = json.loads(store._metadata(CHECKPOINT)["quantization"])
    return json.dumps([[n, scale, zero_point] if n == name else [n, s, z] for n, s, z in rows])


ROWS = json.loads(store._metadata(CHECKPOINT)["quantization"])


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"quantization": None}, "metadata lacks quantization"),
        ({"quantization": "{not json"}, "'quantization' is not valid JSON"),
        ({"quantization": "null"}, "quantization must be a list"),
        ({"quantization": '[["input", 1]]'}, r"quantization\[0\] must be a list of 3"),
        ({"quantization": with_map("pool", 0, 3)}, "map pool: the scale .* got 0"),
        ({"quantization": with_map("pool", -0.5, 3)}, "got -0.5"),
        ({"quantization": with_map("pool", float("nan"), 3)}, "got nan"),
        ({"quantization": with_map("pool", float("inf"), 3)}, "got inf"),
        ({"quantization": with_map("pool", 10**400, 3)}, "must fit into 64 bits"),
        ({"quantization": with_map("pool", "1", 3)}, "must be a number"),
        ({"quantization": with_map("pool", 0.5, 256)}, "map pool: the zero point .* got 256"),
        ({"quantization": with_map("pool", 0.5, 1.5)}, "must be of type int"),
        ({"quantization": json.dumps(ROWS[1:])}, r"missing \['input'\]"),
        ({"quantization": json.dumps([*ROWS, ["more", 1, 0]])}, r"unknown \['more'\]"),
        ({"quantization": json.dumps([*ROWS, ROWS[0]])}, "two entries for the map 'input'"),
        ({"version": "1"}, r"must be F16 or F32"),
        ({"version": "6"}, "reads version 1, in integers 2, .* got '6'"),
    ],
)
def test_metadata_is_checked(file, metadata, message):
    tensors, old = load_file(file), metadata_of(file)
    new = {key: value for key, value in (old | metadata).items() if value is not None}
    save_file(tensors, file, new)
    with pytest.raises(CheckpointError, match=message):
        store.load(file)


def test_a_spec_with_batch_norms_or_of_another_size_does_not_fit(file):
    tensors, metadata = load_file(file), metadata_of(file)
    for old, new, message in (
        ('"batch_norm_epsilon": null', '"batch_norm_epsilon": 0.001', "batch norms folded"),
        ('"width": 0.1', '"width": 64.0', "needs"),
    ):
        assert old in metadata["spec"]
        spec = metadata["spec"].replace(old, new)
        save_file(tensors, file, metadata | {"spec": spec})
        with pytest.raises(CheckpointError, match=message):
            store.load(file)


def test_floats_of_version_2_are_refused(tmp_path):
    path = tmp_path / "floats.safetensors"
    store.save(to_float(CHECKPOINT), path)
    metadata = metadata_of(path) | {"version": "2", "quantization": json.dumps(ROWS)}
    save_file(load_file(path), path, metadata)
    with pytest.raises(CheckpointError, match="are missing, first"):
        store.load(path)


def test_every_truncation_is_recognised(file):
    whole = file.read_bytes()
    for length in (0, 8, 100, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:length])
        with pytest.raises(CheckpointError):
            store.load(file)
