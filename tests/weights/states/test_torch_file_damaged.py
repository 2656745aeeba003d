"""torch and safetensors files cut anywhere or with wrong bytes: read or refused, never more."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.states.torch_file import read_torch_file
from tests.weights.states.test_torch_file import STATE

# A pickle with one wrong byte may announce another protocol, of which torch warns.
pytestmark = pytest.mark.filterwarnings("ignore:Detected pickle protocol")


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """The bytes of one honest file of every container."""
    folder = tmp_path_factory.mktemp("honest")
    torch.save(STATE, folder / "zip")
    torch.save(STATE, folder / "legacy", _use_new_zipfile_serialization=False)
    save_file(STATE, folder / "safetensors")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("container", ["zip", "legacy", "safetensors"])
@given(keep=st.floats(0, 0.999))
@settings(max_examples=25, deadline=None)
def test_a_file_cut_anywhere_is_refused(honest, tmp_path_factory, container, keep):
    path = tmp_path_factory.getbasetemp() / f"cut-{container}"
    data = honest[container]
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(CheckpointError):
        read_torch_file(path)


@pytest.mark.parametrize("container", ["zip", "legacy", "safetensors"])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_file_with_wrong_bytes_is_read_or_refused(honest, tmp_path_factory, container, data):
    """Never another error than ours, whatever byte is hit."""
    content = bytearray(honest[container])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / f"wrong-{container}"
    path.write_bytes(content)
    try:
        arrays = read_torch_file(path).arrays
    except CheckpointError:
        return
    assert sum(array.size for array in arrays.values()) <= len(content)
