"""TFLite files that are cut, damaged, or made to hurt."""

import random
from dataclasses import replace

import numpy as np
import pytest

from mobilenetv2.engine.reference import random_weights
from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import build
from mobilenetv2.weights.tflite.importer import read_tflite
from tests.weights.tflite.test_importer import CORAL, SMALL, written
from tests.weights.tflite_writer import Dialect, write_tflite


def test_weights_that_are_not_finite_are_refused(tmp_path):
    graph = build(SMALL)
    weights = random_weights(graph, 3)
    weights["block4.expand.weight"][3, 2] = np.nan
    path = tmp_path / "model.tflite"
    path.write_bytes(write_tflite(graph, weights, Dialect()))
    with pytest.raises(CheckpointError, match=r"block4\.expand\.weight must hold finite"):
        read_tflite(path)


@pytest.mark.parametrize("name", [CORAL, "deeplabv3_mnv2_dm05_pascal_quant.tflite"])
def test_a_truncated_file_is_refused(shared, tmp_path, name):
    data = (shared / "weights" / name).read_bytes()
    path = tmp_path / "cut.tflite"
    for size in (0, 4, 8, 100, 5000, len(data) // 2, len(data) * 3 // 4):
        path.write_bytes(data[:size])
        with pytest.raises(CheckpointError):
            read_tflite(path)


def test_a_damaged_file_is_read_or_refused_but_never_breaks(tmp_path):
    path, _ = written(tmp_path, replace(SMALL, width=0.1))
    data = path.read_bytes()
    chance = random.Random(7)
    refused = 0
    for _ in range(80):
        broken = bytearray(data)
        for _ in range(chance.choice((1, 3, 20))):
            place = chance.choice(
                (chance.randrange(len(data)), len(data) - 1 - chance.randrange(20000))
            )
            broken[place] = chance.choice((0, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        path.write_bytes(broken)
        try:
            read_tflite(path)
        except CheckpointError:
            refused += 1
    assert refused > 10


def test_axes_that_are_no_whole_numbers_are_refused(tmp_path):
    schema = pytest.importorskip("ai_edge_litert.schema_py_generated")
    flatbuffers = pytest.importorskip("flatbuffers")
    path, _ = written(tmp_path, replace(SMALL, width=0.1), average="MEAN")
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(path.read_bytes(), 0))
    graph = model.subgraphs[0]
    codes = [code.builtinCode for code in model.operatorCodes]
    mean = next(item for item in graph.operators if codes[item.opcodeIndex] == 40)
    graph.tensors[mean.inputs[1]].type = 0
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(builder.Output())
    with pytest.raises(
        CheckpointError, match="MEAN operator takes whole numbers in place 1, got fl"
    ):
        read_tflite(path)


def test_files_made_to_hurt_are_refused_by_a_rule(hostile):
    with pytest.raises(CheckpointError, match=r"tflite_typeerror\.tflite: a MEAN operator takes"):
        read_tflite(hostile / "tflite_typeerror.tflite")


def test_a_folder_and_a_missing_file_are_refused(tmp_path):
    for path in (tmp_path, tmp_path / "missing.tflite"):
        with pytest.raises(CheckpointError, match="cannot be read"):
            read_tflite(path)
