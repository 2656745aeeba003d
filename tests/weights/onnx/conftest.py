"""One export that many tests start from."""

from pathlib import Path

import pytest

from tests.weights.onnx.exports import export, network


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    """The same network as torch exports it by default."""
    return export(tmp_path_factory.mktemp("plain") / "plain.onnx", network())
