"""What engines are told before they start."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from mobilenetv2.benchmark.engines import Isa, Workbench, installed, peer_engines
from mobilenetv2.engine import library
from mobilenetv2.model import load_checkpoint
from mobilenetv2.peers.known import OPENVINO
from mobilenetv2.weights.fold import fold_checkpoint


@pytest.mark.skipif(not library.available(), reason="the engine was not built")
def test_every_set_of_this_machine_can_be_asked_for():
    assert set(library.isas()) <= set(get_args(Isa))


@pytest.mark.skipif(not installed(OPENVINO), reason="needs OpenVINO")
@pytest.mark.parametrize(
    ("isa", "limit"),
    [
        ("avx2", "AVX2"),
        ("avxvnni", "AVX2_VNNI"),
        ("vnni", "AVX512_CORE_VNNI"),
        ("amx", "AVX512_CORE_AMX"),
        ("neon", None),
    ],
)
def test_openvino_is_held_to_the_same_set(
    tiny_file: Path, tmp_path: Path, isa: Isa, limit: str | None
):
    checkpoint = fold_checkpoint(load_checkpoint(tiny_file))
    pixels = np.zeros((*checkpoint.spec.size, 3), np.uint8)
    bench = Workbench(str(tiny_file), checkpoint, pixels, tmp_path, 1, isa)
    (engine,) = peer_engines(bench, OPENVINO)
    assert engine.environment.get("ONEDNN_MAX_CPU_ISA") == limit
    assert ("cannot be kept" in engine.note) == (limit is None)
