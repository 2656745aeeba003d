"""torch and safetensors files: what is read, and what broken and hostile files are told."""

import collections
import io
import os
import pickle
import resource
import struct
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils import prune
from torchvision.models import MobileNetV2

from mobilenetv2.errors import CheckpointError, MissingDependencyError
from mobilenetv2.weights.states.importer import read_state_dict
from mobilenetv2.weights.states.torch_file import read_torch_file

# A pickle with one wrong byte may announce another protocol, of which torch warns.
pytestmark = pytest.mark.filterwarnings("ignore:Detected pickle protocol")

STATE = {"a.weight": torch.arange(12.0).reshape(3, 4), "a.bias": torch.tensor([1.0, -2.0])}


def rezip(source, target, changes=None, compression=zipfile.ZIP_STORED):
    """The same archive with some entries' bytes changed by a function of them."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", compression) as new:
        for name in old.namelist():
            change = (changes or {}).get(name.split("/", 1)[1])
            new.writestr(name, change(old.read(name)) if change else old.read(name))
    return target


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", ["model.pth", "model.safetensors"])
def test_every_floating_type_becomes_float32(tmp_path, kind, name):
    path = tmp_path / name
    state = {key: value.to(kind) for key, value in STATE.items()}
    if name.endswith(".pth"):
        torch.save(state, path)
    else:
        save_file(state, path)
    arrays = read_torch_file(path).arrays
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float32)}
    assert all((arrays[key] == value.numpy()).all() for key, value in STATE.items())


def test_step_counters_are_left_out(tmp_path):
    path = tmp_path / "model.pth"
    torch.save(STATE | {"bn.num_batches_tracked": torch.tensor(7)}, path)
    assert list(read_torch_file(path).arrays) == list(STATE)


@pytest.mark.parametrize("name", ["model.pth", "model.safetensors"])
def test_they_are_even_where_somebody_made_floats_of_them(tmp_path, name):
    """`{name: value.half() for ...}` and averages over all of a state dict do."""
    state = STATE | {"bn.num_batches_tracked": torch.tensor(7.0)}
    (save_file if name.endswith("tensors") else torch.save)(state, tmp_path / name)
    assert set(read_torch_file(tmp_path / name).arrays) == set(STATE)


def test_weights_beside_those_that_are_taken_are_named(tmp_path):
    path = tmp_path / "model.pth"
    torch.save({"student": STATE, "teacher": STATE, "optimizer": {"a": torch.ones(2)}}, path)
    assert read_torch_file(path).notes == (
        "weights taken from 'student' inside the file",
        "weights beside them are not used: 'teacher'",
    )


def test_what_torch_quantised_is_named(tmp_path):
    """Saving a state dict anew, as other files are advised, would change nothing."""
    path = tmp_path / "model.pth"
    torch.save({"a": torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)}, path)
    with pytest.raises(CheckpointError, match=r"quantised by torch .*mobilenetv2 quantize"):
        read_torch_file(path)


def test_what_torch_observes_for_it_is_named(tmp_path):
    path = tmp_path / "model.pth"
    torch.save(STATE | {"features.0.0.activation_post_process.scale": torch.ones(1)}, path)
    with pytest.raises(CheckpointError, match="while torch observed its ranges"):
        read_state_dict(path)


@pytest.mark.parametrize(
    ("make", "way_out"),
    [
        (nn.utils.parametrizations.weight_norm, r"remove_parametrizations\(module"),
        (lambda layer: nn.utils.parametrizations.spectral_norm(layer), "remove_parametrizations"),
        (lambda layer: prune.l1_unstructured(layer, "weight", 0.5), r"prune\.remove\(module"),
        (lambda layer: nn.utils.spectral_norm(layer), "remove_spectral_norm"),
        (lambda layer: layer.register_parameter("weight_g", layer.bias), "remove_weight_norm"),
        (lambda layer: layer.add_module("lora_A", nn.Linear(4, 2)), r"merge_and_unload\(\)"),
    ],
    ids=["weight norm", "spectral norm", "pruning", "older spectral", "older weight", "LoRA"],
)
def test_weights_in_parts_are_named_with_the_way_out(tmp_path, make, way_out):
    network = MobileNetV2(num_classes=3, width_mult=0.35)
    make(network.classifier[1])
    torch.save(network.state_dict(), tmp_path / "model.pth")
    with pytest.raises(CheckpointError, match=way_out):
        read_state_dict(tmp_path / "model.pth")


def test_legacy_files_are_read(tmp_path):
    """torchvision's first MobileNetV2 weights are of this kind."""
    path = tmp_path / "model.pth"
    torch.save(collections.OrderedDict(STATE), path, _use_new_zipfile_serialization=False)
    assert (read_torch_file(path).arrays["a.weight"] == STATE["a.weight"].numpy()).all()


def test_parameters_and_views_are_read(tmp_path):
    path = tmp_path / "model.pth"
    column = torch.arange(12.0).reshape(3, 4)[:, 1]
    torch.save({"a": torch.nn.Parameter(torch.ones(3)), "b": column.clone()[::2]}, path)
    arrays = read_torch_file(path).arrays
    assert arrays["b"].tolist() == [1.0, 9.0]


class Bomb:
    """What a hostile pickle does when it is loaded carelessly."""

    def __init__(self, call, *arguments):
        self.call, self.arguments = call, arguments

    def __reduce__(self):
        return self.call, self.arguments


@pytest.mark.parametrize("legacy", [True, False])
def test_a_pickle_bomb_is_refused_and_nothing_is_executed(tmp_path, legacy):
    trace, path = tmp_path / "trace", tmp_path / "model.pth"
    bomb = STATE | {"bomb": Bomb(os.system, f"touch {trace}")}
    torch.save(bomb, path, _use_new_zipfile_serialization=not legacy)
    with pytest.raises(CheckpointError, match=r"'posix\.system'; nothing was executed"):
        read_torch_file(path)
    assert not trace.exists()
    torch.load(path, weights_only=False)
    assert trace.exists(), "the bomb is real: a careless reader sets it off"


@pytest.mark.parametrize(
    "bomb", [Bomb(bytearray, 2**50), Bomb(torch.FloatTensor, 2**48), Bomb(torch.UntypedStorage, 9)]
)
def test_calls_that_allocate_are_refused_though_torch_allows_them(tmp_path, bomb):
    path = tmp_path / "model.pth"
    torch.save(STATE | {"bomb": bomb}, path)
    with pytest.raises(CheckpointError, match="tensors and plain containers only"):
        read_torch_file(path)


def test_a_whole_pickled_model_is_refused_with_the_way_out(tmp_path):
    path = tmp_path / "model.pth"
    torch.save(torch.nn.Linear(2, 2), path)
    with pytest.raises(
        CheckpointError, match=r"Linear.*torch\.save\(model\.state_dict\(\), path\)"
    ):
        read_torch_file(path)


def test_a_plain_pickle_is_refused(tmp_path):
    path = tmp_path / "model.pth"
    path.write_bytes(pickle.dumps({"a": [1.0] * 100}, protocol=4))
    with pytest.raises(CheckpointError):
        read_torch_file(path)


def test_a_tensor_that_repeats_its_storage_is_refused_before_it_is_copied(tmp_path):
    """2^60 elements, of stride 0, on a storage of one."""
    path = tmp_path / "model.pth"
    torch.save({"a.weight": torch.ones(1).expand(2**30, 2**30)}, path)
    with pytest.raises(CheckpointError, match=r"a\.weight claims \[1073741824, 1073741824\]"):
        read_torch_file(path)


def test_many_tensors_on_one_storage_are_refused(tmp_path):
    path = tmp_path / "model.pth"
    shared = torch.ones(100_000)
    torch.save({f"part{index}": shared for index in range(100)}, path)
    with pytest.raises(CheckpointError, match="claim"):
        read_torch_file(path)


@pytest.mark.parametrize("count", [5, 13, 2**31 - 1])
def test_a_storage_that_claims_another_size_than_its_record_is_refused(tmp_path, count):
    source, path = tmp_path / "source.pth", tmp_path / "model.pth"
    torch.save(STATE, source)
    # BININT1 12, TUPLE: the element count at the end of the storage's description.
    honest, lie = b"K\x0ct", b"J" + struct.pack("<i", count) + b"t"
    with zipfile.ZipFile(source) as archive:
        assert archive.read("source/data.pkl").count(honest) == 1
    rezip(source, path, {"data.pkl": lambda data: data.replace(honest, lie)})
    with pytest.raises(CheckpointError):
        read_torch_file(path)


def test_a_legacy_storage_that_claims_too_much_is_refused_before_it_is_allocated(tmp_path):
    path = tmp_path / "model.pth"
    torch.save(STATE, path, _use_new_zipfile_serialization=False)
    data = path.read_bytes()
    honest, lie = b"K\x0cNt", b"J" + struct.pack("<i", 2**31 - 1) + b"Nt"
    assert data.count(honest) == 1
    path.write_bytes(data.replace(honest, lie))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(CheckpointError, match="claim 2147483647 elements"):
        read_torch_file(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_compressed_archive_is_refused(tmp_path):
    source, path = tmp_path / "source.pth", tmp_path / "model.pth"
    torch.save({"a": torch.zeros(1_000_000)}, source)
    rezip(source, path, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 50_000
    with pytest.raises(CheckpointError, match="stores entries uncompressed"):
        read_torch_file(path)


def test_an_archive_that_is_no_torch_file_is_refused(tmp_path):
    path = tmp_path / "model.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no weights here")
    with pytest.raises(CheckpointError, match=r"has a data\.pkl"):
        read_torch_file(path)


def test_a_torchscript_archive_is_refused(tmp_path):
    path = tmp_path / "model.pt"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("model/data.pkl", b"\x80\x02c__torch__ MobileNetV2\n.")
        archive.writestr("model/constants.pkl", b"\x80\x02).")
    path.write_bytes(buffer.getvalue())
    with pytest.raises(CheckpointError):
        read_torch_file(path)


@pytest.mark.parametrize("value", [[1, 2], {"epoch": 3}, torch.ones(3), "weights"])
def test_a_file_without_a_state_dict_says_what_it_holds(tmp_path, value):
    path = tmp_path / "model.pth"
    torch.save(value, path)
    with pytest.raises(CheckpointError, match="holds no state dict, it holds a "):
        read_torch_file(path)


@pytest.mark.parametrize(
    "content", [b"<!DOCTYPE html><html>", b"version https://git-lfs", b"\x00" * 64]
)
def test_a_file_of_another_kind_shows_how_it_begins(tmp_path, content):
    path = tmp_path / "model.pth"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="this one begins with"):
        read_torch_file(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.pth", tmp_path):
        with pytest.raises(CheckpointError, match="cannot read"):
            read_torch_file(path)


def test_without_torch_the_message_names_the_command(tmp_path, monkeypatch):
    path = tmp_path / "model.pth"
    torch.save(STATE, path)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'mobilenetv2\[torch\]'"):
        read_torch_file(path)


@pytest.mark.parametrize(
    "value",
    [np.float64(0.5), np.int64(3), Path("runs/1"), {"best": [np.float32(0.5)], "at": Path("x")}],
    ids=["number", "integer", "path", "nested"],
)
def test_what_training_scripts_store_beside_the_weights_is_passed_over(tmp_path, value):
    path = tmp_path / "model.pth"
    torch.save({"state_dict": {"a.weight": torch.ones(3)}, "best": value}, path)
    assert list(read_torch_file(path).arrays) == ["a.weight"]
