"""Our own checkpoints: what goes in comes out, and a damaged file is always recognised."""

import json
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
from mobilenetv2.network.spec import Classifier, Hidden, Spec
from mobilenetv2.preprocessing import TORCHVISION
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint, Metric, Provenance
from mobilenetv2.weights.plain import to_plain
from tests.quantized import random_quantized

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
        ({"version": "7"}, "reads version 1, in integers 2, with a hidden layer 3, got '7'"),
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


def test_a_hidden_layer_comes_back_and_older_releases_refuse_it_by_its_version(tmp_path: Path):
    head = Classifier(3, Hidden(7, "relu6"))
    spec = Spec(width=0.1, size=(32, 32), head=head, batch_norm_epsilon=None)
    path = tmp_path / "hidden.safetensors"
    for checkpoint in (
        replace(CHECKPOINT, spec=spec, weights=random_weights(build(spec), 1)),
        random_quantized(spec),
    ):
        store.save(checkpoint, path)
        assert safe_open(path, "numpy").metadata()["version"] == "3"
        loaded = store.load(path)
        assert loaded.spec == spec
        assert (loaded.quantization is None) == (checkpoint.quantization is None)
        for name, array in checkpoint.weights.items():
            np.testing.assert_array_equal(loaded.weights[name], array)


def test_a_plain_head_is_written_as_before(file: Path):
    metadata = safe_open(file, "numpy").metadata()
    assert metadata["version"] == "1"
    assert json.loads(metadata["spec"])["head"] == {"kind": "Classifier", "classes": 3}
