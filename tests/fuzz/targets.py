"""What is fuzzed: each reader of the package, with honest inputs and the way to damage them.

A reader is called below the net of `mobilenetv2.reading` or through it; either way whatever is no
rule of ours counts as a finding.
"""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.datasets.boxes_csv import read_boxes_csv
from mobilenetv2.datasets.cvat import read_cvat
from mobilenetv2.datasets.labelme import read_labelme
from mobilenetv2.engine.compiled import CompiledClassifier
from mobilenetv2.engine.compiled_model import CompiledModel
from mobilenetv2.engine.program_file import ProgramFile
from mobilenetv2.network.spec import Spec
from mobilenetv2.preprocessing import TORCHVISION
from mobilenetv2.weights import store
from mobilenetv2.weights.keras import hdf
from mobilenetv2.weights.keras.config import keras_facts
from mobilenetv2.weights.keras.confined import SPARE_BYTES
from mobilenetv2.weights.keras.layers import configured_layers
from mobilenetv2.weights.onnx.importer import translate_onnx
from mobilenetv2.weights.plain import to_plain
from mobilenetv2.weights.recognize.importer import import_network
from mobilenetv2.weights.states.pickle_scan import scan_pickle
from mobilenetv2.weights.states.safetensors_file import read_safetensors
from mobilenetv2.weights.states.side_file import parse_object
from mobilenetv2.weights.states.torch_file import read_torch_file
from mobilenetv2.weights.states.transformers_images import image_preprocessing
from mobilenetv2.weights.tflite.importer import translate_tflite
from mobilenetv2.weights.tflite.metadata import read_metadata
from tests.fuzz import data_sets, requests, seeds, shards
from tests.fuzz.integer_operators import qlinear_onnx
from tests.fuzz.keras_seeds import keras_colors
from tests.fuzz.mutations import Mutation, damaged, restated, reworded, safetensors_changed
from tests.fuzz.scratch import Read, file_of
from tests.fuzz.worker import Worker


@dataclass(frozen=True)
class Target:
    """A reader under test."""

    seeds: Callable[[], Sequence[bytes]]
    mutate: Mutation
    read: Read
    foreign: bool = False
    """Whether it stands on a foreign library that parses (h5py, Pillow, torch)."""
    short: int = 150
    """How many inputs are tried with every change of the package."""


def _tflite(data: bytes, _: Path) -> None:
    translate_tflite(data)


def _onnx(data: bytes, folder: Path) -> None:
    translate_onnx(data, folder)


def _tflite_network(data: bytes, _: Path) -> None:
    import_network(translate_tflite(data), "a.tflite", "0" * 64, None)


def _onnx_network(data: bytes, folder: Path) -> None:
    import_network(translate_onnx(data, folder), "a.onnx", "0" * 64, None)


def _networks(suffix: str) -> list[bytes]:
    """Files of ours, whose word is taken, and foreign ones, whose layers are searched."""
    return [*seeds.exported(suffix), *seeds.foreign(suffix)]


def _checkpoint(data: bytes, folder: Path) -> None:
    store.load(file_of(folder, "a.safetensors", data))


def _program(data: bytes, folder: Path) -> None:
    path = file_of(folder, "a.program", data)
    file = ProgramFile(str(path))
    file.plain("labels")
    if file.task == "classification":
        CompiledClassifier(path)
    CompiledModel(path)


def _pickle(data: bytes, _: Path) -> None:
    scan_pickle(io.BytesIO(data), len(data))


def _torch(data: bytes, folder: Path) -> None:
    read_torch_file(file_of(folder, "a.pth", data))


def _state(data: bytes, folder: Path) -> None:
    import torch

    from mobilenetv2.train.run import _check_shape
    from mobilenetv2.train.state import load_state

    path = file_of(folder, "state.pt", data)
    _check_shape(load_state(path, torch.device("cpu")), path)


def _recipe(data: bytes, _: Path) -> None:
    from mobilenetv2.train.classify.recipe import Recipe
    from mobilenetv2.train.detect.recipe import DetectionRecipe
    from mobilenetv2.train.recipe import parse_recipe
    from mobilenetv2.train.segment.recipe import SegmentationRecipe

    text = data.decode("utf-8", "surrogateescape")
    for kind in (Recipe, DetectionRecipe, SegmentationRecipe):
        if kind.__name__ in text:
            parse_recipe(text, kind)


def _recipes() -> list[bytes]:
    from mobilenetv2.train.classify.recipe import Recipe
    from mobilenetv2.train.detect.recipe import DetectionRecipe
    from mobilenetv2.train.segment.recipe import SegmentationRecipe

    kinds = (Recipe, DetectionRecipe, SegmentationRecipe)
    return [kind().to_json().encode() for kind in kinds]


def _keras_config(data: bytes, folder: Path) -> None:
    path = folder / "a.keras"
    keras_facts(configured_layers(parse_object(data, "config.json"), path), {}, path)


def _keras_h5(data: bytes) -> None:
    import h5py

    with h5py.File(io.BytesIO(data), "r") as root:
        hdf.read(root, len(data))


def _limit_h5() -> None:
    hdf.limit(SPARE_BYTES, 1000 * hdf.CPU_SECONDS)


def _side_file(data: bytes, folder: Path) -> None:
    file_of(folder, "preprocessor_config.json", data)
    image_preprocessing(folder, parse_object(data, "config.json"))


def _side_files() -> list[bytes]:
    processor = {
        "do_center_crop": True, "crop_size": {"height": 224, "width": 224}, "do_normalize": True,
        "do_rescale": True, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
        "resample": 2, "rescale_factor": 0.00392156862745098, "size": {"shortest_edge": 256},
    }  # fmt: skip
    return [json.dumps(processor).encode()]


def _metadata(data: bytes, _: Path) -> None:
    read_metadata(data, {"TFLITE_METADATA": memoryview(data)})


def _safetensors(data: bytes, folder: Path) -> None:
    read_safetensors(file_of(folder, "a.safetensors", data))


def _half_precision() -> list[bytes]:
    """As torch writes bfloat16, which numpy has no type for."""
    header = json.dumps({"a": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]}}).encode()
    brain = len(header).to_bytes(8, "little") + header + bytes(12)
    return [*seeds.own_checkpoints(), brain]


def _plain(data: bytes, _: Path) -> None:
    from mobilenetv2.preprocessing import Preprocessing
    from mobilenetv2.weights.checkpoint import Metric
    from mobilenetv2.weights.json_text import parse_json
    from mobilenetv2.weights.plain import from_plain

    value = parse_json(data, "it")
    if isinstance(value, dict) and "backbone" in value:
        from_plain(Spec, value, "spec")
    elif isinstance(value, list):
        from_plain(tuple[Metric, ...], value, "metrics")
    else:
        from_plain(Preprocessing, value, "preprocessing")


def _plain_texts() -> list[bytes]:
    found = [checkpoint.spec for checkpoint in seeds.checkpoints()[:3]]
    values = [*found, TORCHVISION, seeds.checkpoints()[0].metrics]
    return [json.dumps(to_plain(value)).encode() for value in values]


TARGETS: dict[str, Target] = {
    "tflite": Target(lambda: seeds.exported("tflite"), damaged, _tflite),
    "tflite-metadata": Target(lambda: [seeds.tflite_metadata()], damaged, _metadata),
    "onnx": Target(lambda: [*seeds.exported("onnx"), qlinear_onnx()], damaged, _onnx),
    "tflite-network": Target(lambda: _networks("tflite"), damaged, _tflite_network, short=40),
    "onnx-network": Target(lambda: _networks("onnx"), damaged, _onnx_network, short=40),
    "checkpoint": Target(seeds.own_checkpoints, safetensors_changed, _checkpoint),
    "safetensors": Target(_half_precision, safetensors_changed, _safetensors),
    "plain": Target(_plain_texts, restated, _plain),
    "program": Target(seeds.programs, safetensors_changed, _program),
    "pickle": Target(seeds.pickles, damaged, _pickle),
    "keras-config": Target(lambda: [seeds.keras_config(), keras_colors()], restated, _keras_config),
    "side-file": Target(_side_files, restated, _side_file),
    "recipe": Target(_recipes, restated, _recipe),
    "coco": Target(
        lambda: [json.dumps(data_sets.COCO).encode()], restated, data_sets.boxes_in("coco.json")
    ),
    "voc": Target(lambda: [data_sets.VOC], reworded, data_sets.boxes_in("a.xml")),
    "yolo-yaml": Target(lambda: [data_sets.YOLO], reworded, data_sets.boxes_in("data.yaml")),
    "yolo-labels": Target(
        lambda: [b"0 0.5 0.5 0.25 0.5\n1 0.2 0.3 0.1 0.1\n"], reworded, data_sets.boxes_in("a.txt")
    ),
    "colors": Target(
        lambda: [b"name,r,g,b\nsky,128,128,128\nroad,1,2,3\n64 0 1\t\tA b\n"],
        reworded,
        data_sets.read_colors,
    ),
    "label-list": Target(lambda: [b"cat\ndog\nyellow bird\n"], reworded, data_sets.read_label_list),
    "number-names": Target(
        lambda: [b'{"0": "cat", "1": "dog"}', b'{"cat": 0, "dog": 1}'],
        restated,
        data_sets.read_number_names,
    ),
    "labels-csv": Target(
        lambda: [b"path,label\na.png,cat\nb.png,dog\n"], reworded, data_sets.read_table
    ),
    "cvat": Target(
        lambda: [data_sets.CVAT], reworded, data_sets.listed_in("annotations.xml", read_cvat)
    ),
    "labelme": Target(
        lambda: [json.dumps(data_sets.LABELME).encode()],
        restated,
        data_sets.listed_in("a.json", read_labelme),
    ),
    "boxes-csv": Target(
        lambda: [data_sets.TABLE], reworded, data_sets.listed_in("boxes.csv", read_boxes_csv)
    ),
    "list": Target(
        lambda: [b"a.png\n# no\nb c.png\nhttp://localhost/a.png\n"], reworded, data_sets.read_list
    ),
    "tar": Target(shards.archives, damaged, shards.read_archive),
    "tar-boxes": Target(lambda: [json.dumps(shards.BOXES).encode()], restated, shards.read_boxes),
    "tar-index": Target(shards.indexes, damaged, shards.read_index),
    "form": Target(lambda: [requests.FORM], damaged, requests.read_form),
    "open-inference": Target(requests.inferences, restated, requests.read_inference),
    "address": Target(
        lambda: [b"top=3&threshold=0.5&labels=cat&labels=dog&flip=1&scales=1,0.5"],
        reworded,
        requests.read_address,
    ),
    "torch": Target(seeds.torch_files, damaged, _torch, foreign=True),
    "state": Target(seeds.states, damaged, _state, foreign=True, short=50),
    "keras-h5": Target(seeds.keras_h5, damaged, Worker(_limit_h5, _keras_h5), foreign=True),
    "picture": Target(seeds.pictures, damaged, data_sets.read_picture, foreign=True),
    "picture-header": Target(seeds.pictures, damaged, data_sets.read_header, foreign=True),
    "mask": Target(seeds.masks, damaged, data_sets.read_mask, foreign=True),
}
"""By the name under which `run.py` takes them."""
