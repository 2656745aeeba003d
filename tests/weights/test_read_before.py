"""TFLite files are read once: what is kept, when it counts, and what becomes of bad caches."""

import os
from pathlib import Path

import numpy as np
import pytest

import mobilenetv2
from mobilenetv2.errors import CheckpointError
from mobilenetv2.export.files import write_files
from mobilenetv2.model import load_checkpoint
from mobilenetv2.user_cache import CACHE_VARIABLE
from mobilenetv2.weights import read_before
from mobilenetv2.weights.fold import fold_checkpoint
from mobilenetv2.weights.opened_file import OpenedFile
from mobilenetv2.weights.read_before import FOLDER, read_checkpoint

PICTURE = np.random.default_rng(0).integers(0, 256, (60, 50, 3), np.uint8)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / FOLDER


@pytest.fixture
def file(tiny_file: Path, tmp_path: Path) -> Path:
    pytest.importorskip("flatbuffers", reason="writing a TFLite file needs flatbuffers")
    return write_files(fold_checkpoint(load_checkpoint(tiny_file)), tmp_path / "tiny.tflite")[0]


def kept(cache: Path) -> list[Path]:
    return sorted(cache.glob("*")) if cache.is_dir() else []


def answer(file: Path) -> object:
    return mobilenetv2.load(file).predict(PICTURE)


def test_the_second_start_has_the_first_one_s_checkpoint(cache: Path, file: Path):
    first = read_checkpoint(OpenedFile(file))
    (place,) = kept(cache)
    written = place.stat().st_ino
    second = read_checkpoint(OpenedFile(file))
    assert kept(cache) == [place]
    assert place.stat().st_ino == written, "it was read, not written anew"
    for name in ("spec", "preprocessing", "labels", "provenance", "license", "quantization"):
        assert getattr(first, name) == getattr(second, name)
    for name, values in first.weights.items():
        np.testing.assert_array_equal(second.weights[name], values)
    place.unlink()
    assert answer(file) == answer(file)


def test_integers_stay_what_they_are(cache: Path, shared: Path):
    path = shared / "weights" / "mobilenet_v2_1.0_224_quant.tflite"
    first, second = mobilenetv2.load(path), mobilenetv2.load(path)
    assert len(kept(cache)) == 1
    outputs = [one.outputs(one.prepare(PICTURE))["logits"] for one in (first, second)]
    np.testing.assert_array_equal(*outputs)
    assert first.labels == second.labels


def test_another_content_or_name_is_another_file(cache: Path, file: Path):
    read_checkpoint(OpenedFile(file))
    renamed = file.rename(file.with_name("other.tflite"))
    read_checkpoint(OpenedFile(renamed))
    assert len(kept(cache)) == 2
    renamed.write_bytes(renamed.read_bytes() + bytes(8))
    read_checkpoint(OpenedFile(renamed))
    assert len(kept(cache)) == 3


def test_own_files_are_not_kept_a_second_time(cache: Path, tiny_file: Path):
    mobilenetv2.load(tiny_file)
    assert not kept(cache)


@pytest.mark.parametrize("damage", [b"", b"\0" * 40, b"{}", None])
def test_a_damaged_cache_counts_for_nothing_and_is_mended(
    cache: Path, file: Path, damage: bytes | None
):
    expected = answer(file)
    (place,) = kept(cache)
    whole = place.read_bytes()
    place.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    assert answer(file) == expected
    assert place.read_bytes() == whole


def test_another_model_under_its_name_counts_for_nothing(
    cache: Path, file: Path, tiny_detector_file: Path
):
    expected = answer(file)
    (place,) = kept(cache)
    other = write_files(
        fold_checkpoint(load_checkpoint(tiny_detector_file)), file.parent / "b.tflite"
    )
    read_checkpoint(OpenedFile(other[0]))
    (another,) = set(kept(cache)) - {place}
    for content in (tiny_detector_file.read_bytes(), another.read_bytes()):
        place.write_bytes(content)
        assert answer(file) == expected
        assert mobilenetv2.load(place).task == "classification", "it was written anew"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="files have no owner here")
def test_what_others_may_write_or_link_to_counts_for_nothing(cache: Path, file: Path):
    read_checkpoint(OpenedFile(file))
    (place,) = kept(cache)
    place.chmod(0o666)
    assert read_before._kept(place) is None
    place.chmod(0o644)
    assert read_before._kept(place) is not None
    elsewhere = place.rename(place.with_name("elsewhere"))
    place.symlink_to(elsewhere)
    assert read_before._kept(place) is None
    expected = elsewhere.read_bytes()
    assert answer(file)
    assert not place.is_symlink()
    assert elsewhere.read_bytes() == expected, "nothing is written through a link"


def test_a_cache_that_refuses_is_no_reason_to_fail(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "no-folder").write_text("")
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "no-folder"))
    assert answer(file)


def test_what_was_used_longest_ago_goes_first(
    cache: Path, file: Path, monkeypatch: pytest.MonkeyPatch
):
    read_checkpoint(OpenedFile(file))
    (first,) = kept(cache)
    monkeypatch.setattr(read_before, "MOST_BYTES", 2 * first.stat().st_size)
    for name in ("b", "c", "d"):
        os.utime(first)
        read_checkpoint(OpenedFile(file.rename(file.with_name(f"{name}.tflite"))))
        file = file.with_name(f"{name}.tflite")
    assert first in kept(cache)
    assert len(kept(cache)) == 3


def test_what_a_file_cannot_be_read_for_is_told_as_ever(cache: Path, file: Path):
    file.write_bytes(file.read_bytes()[:2000])
    with pytest.raises(CheckpointError, match=r"tiny\.tflite"):
        mobilenetv2.load(file)
    with pytest.raises(CheckpointError, match=r"gone\.tflite"):
        read_checkpoint(OpenedFile(file.with_name("gone.tflite")))
    assert not kept(cache)
