"""Fixtures shared by all tests."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobilenetv2.engine.reference import random_weights
from mobilenetv2.network import build
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.spec import Classifier, Spec
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint, Provenance

SHARED = Path(os.environ.get("MOBILENETV2_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real pictures and public weights, beside the checkout; tests that need them skip without."""
    if not SHARED.is_dir():
        pytest.skip(f"real data is not at {SHARED}; set MOBILENETV2_SHARED to where it is")
    return SHARED


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 64 kB; skips where mounting is not allowed."""
    folder = tmp_path / "small-disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(scope="session")
def tiny_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a very small random classifier with the classes ant, bee and cow."""
    spec = Spec(width=0.1, size=(48, 40), head=Classifier(3))
    checkpoint = Checkpoint(
        spec=spec,
        weights=random_weights(build(spec), 5),
        preprocessing=Preprocessing(size=spec.size),
        labels=("ant", "bee", "cow"),
        provenance=Provenance("random weights"),
        license="CC0-1.0",
    )
    path = tmp_path_factory.mktemp("tiny") / "tiny.safetensors"
    store.save(checkpoint, path)
    return path
