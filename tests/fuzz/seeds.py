"""Small honest files of every format, made here: what the fuzzer damages."""

import io
import json
import zipfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import flatbuffers
import h5py
import numpy as np
from PIL import Image

from mobilenetv2.deploy.compile import compile_network
from mobilenetv2.engine.reference import random_weights
from mobilenetv2.export.files import write_files
from mobilenetv2.export.onnx import to_onnx
from mobilenetv2.export.onnx_qdq import to_qdq_onnx
from mobilenetv2.export.tflite import to_tflite
from mobilenetv2.export.tflite_integer import to_integer_tflite
from mobilenetv2.network.anchors import tensorflow_anchors
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import (
    Classifier,
    DeepLab,
    Hidden,
    MobileNetV2,
    Spec,
    SSDLite,
    Stage,
)
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint, Metric, Provenance
from mobilenetv2.weights.fold import fold_checkpoint
from tests.quantized import random_quantized

LABELS = ("ant", "bee", "cow")
STRIDES = (1, 2, 2, 2, 1, 2)
"""Of Table 2's first rows, which a file without our metadata is taken to stride as."""
HALVING = (2, 2, 2, 2)
"""The shortest way to a detector's maps at strides 16 and 32."""


def backbone(strides: tuple[int, ...]) -> MobileNetV2:
    """A block of a few channels for each stride: what reading costs grows with the layers."""
    stages = tuple(Stage(2 if row else 1, 2 + row, 1, stride) for row, stride in enumerate(strides))
    return MobileNetV2(stages, stem_channels=2, last_channels=4, last_channel="scaled", divisor=1)


def detector(strides: tuple[int, ...]) -> Spec:
    """With separable predictors and plain ones."""
    head = SSDLite(3, (4,), (3, 1, 1), tensorflow_anchors(3))
    return Spec(backbone(strides), head, 1.0, (48, 48))


def made(spec: Spec) -> Checkpoint:
    """Of random weights, with a word in every field."""
    return Checkpoint(
        spec=spec,
        weights=random_weights(build(spec), 1),
        preprocessing=Preprocessing(size=spec.size),
        labels=LABELS,
        provenance=Provenance("random", "0" * 64, ("made",)),
        license="CC0-1.0",
        metrics=(Metric("top1", 0.5, "none", "test", 3),),
        recipe='{"epochs": 3}',
    )


@cache
def checkpoints() -> tuple[Checkpoint, ...]:
    """One of each head on as few layers as it can stand on, and a quantised classifier."""
    specs = (
        Spec(backbone(STRIDES[:2]), Classifier(3, Hidden(4)), 1.0, (33, 33)),
        detector(HALVING),
        Spec(backbone(STRIDES[:4]), DeepLab(3, (2,), channels=4), 1.0, (33, 33), output_stride=8),
    )
    plain = tuple(map(made, specs))
    return (*plain, random_quantized(fold_checkpoint(plain[0]).spec, seed=1))


@cache
def own_checkpoints() -> tuple[bytes, ...]:
    """Files of `store.save`."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.safetensors"
        found = []
        for checkpoint in checkpoints():
            store.save(checkpoint, path, "float16" if checkpoint.quantization is None else None)
            found.append(path.read_bytes())
        return tuple(found)


@cache
def exported(suffix: str) -> tuple[bytes, ...]:
    """What `export` writes: every head, and the classifier in integers."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{suffix}"
        found = []
        for checkpoint in checkpoints():
            write_files(fold_checkpoint(checkpoint), path)
            found.append(path.read_bytes())
        return tuple(found)


@cache
def foreign(suffix: str) -> tuple[bytes, ...]:
    """The same without a word of what they are: the network has to be recognized."""
    classifier, _, segmenter, integers = checkpoints()
    found = []
    for checkpoint in (classifier, made(detector(STRIDES)), segmenter):
        folded = fold_checkpoint(checkpoint)
        write = to_onnx if suffix == "onnx" else to_tflite
        found.append(write(build(folded.spec), folded.weights))
    assert integers.quantization is not None
    write_integers = to_qdq_onnx if suffix == "onnx" else to_integer_tflite
    found.append(write_integers(build(integers.spec), integers.quantization))
    return tuple(found)


def tflite_metadata() -> bytes:
    """A metadata buffer with a normalization, an author and a license, and labels behind it."""
    builder = flatbuffers.Builder(256)

    def table(fields: dict[int, int]) -> int:
        builder.StartObject(6)
        for index, place in fields.items():
            builder.PrependUOffsetTRelativeSlot(index, place, 0)
        return builder.EndObject()

    def vector(*tables: int) -> int:
        builder.StartVector(4, len(tables), 4)
        for place in tables:
            builder.PrependUOffsetTRelative(place)
        return builder.EndVector()

    numbers = [builder.CreateNumpyVector(np.full(3, 127.5, np.float32)) for _ in range(2)]
    options = table(dict(enumerate(numbers)))
    builder.StartObject(2)
    builder.PrependUint8Slot(0, 1, 0)
    builder.PrependUOffsetTRelativeSlot(1, options, 0)
    tensor = table({4: vector(builder.EndObject())})
    graph = table({2: vector(tensor)})
    words = [builder.CreateString(word) for word in ("somebody", "CC0-1.0")]
    builder.Finish(table({3: vector(graph), 4: words[0], 5: words[1]}), b"M001")
    stream = io.BytesIO(bytes(builder.Output()))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("labels.txt", "ant\nbee\ncow\n")
    return stream.getvalue()


@cache
def programs() -> tuple[bytes, ...]:
    """Classifiers, in floats and in integers, a detector and a segmenter."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.program"
        found = []
        for checkpoint in checkpoints()[:4]:
            compile_network(fold_checkpoint(checkpoint), path)
            found.append(path.read_bytes())
        return tuple(found)


@cache
def torch_files() -> tuple[bytes, ...]:
    """A state dict, as an archive and as a row of pickles, and one inside of a training's."""
    import torch

    state = {
        "features.0.0.weight": torch.zeros(4, 3, 3, 3),
        "classifier.1.bias": torch.zeros(3, dtype=torch.float16),
    }
    found = []
    for value in (state, {"model": state, "epoch": 3, "args": {"lr": 0.1, "names": ["a", "b"]}}):
        for archive in (True, False):
            stream = io.BytesIO()
            torch.save(value, stream, _use_new_zipfile_serialization=archive)
            found.append(stream.getvalue())
    return tuple(found)


@cache
def pickles() -> tuple[bytes, ...]:
    """The pickles out of them."""
    found = []
    for content in torch_files():
        if content[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                found += [
                    archive.read(name) for name in archive.namelist() if name.endswith(".pkl")
                ]
        else:
            found.append(content)
    return tuple(found)


@cache
def states() -> tuple[bytes, ...]:
    """The state of a run; every tensor of it is read one by one, so of the smallest network."""
    import torch

    from mobilenetv2.train.ema import Average
    from mobilenetv2.train.module import GraphModule
    from mobilenetv2.train.run import Run

    module = GraphModule(build(Spec(backbone(STRIDES[:1]), Classifier(3), size=(33, 33))))
    optimizer = torch.optim.SGD(module.parameters())
    run = Run(module, Average(module, 0.9), optimizer, torch.amp.GradScaler("cpu", enabled=False))
    with TemporaryDirectory() as folder:
        run.save(Path(folder), {"recipe": "{}"})
        return (Path(folder, "state.pt").read_bytes(),)


@cache
def keras_h5() -> tuple[bytes, ...]:
    """A whole model's file of Keras 2, with a layer of each kind of name."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.attrs["model_config"] = keras_config().decode()
        file["model_weights/Conv1/Conv1/kernel:0"] = np.zeros((3, 3, 3, 8), np.float32)
        file["layers/conv2d_1/vars/0"] = np.zeros((1, 1, 8, 8), np.float16)
        file["layers/conv2d_1/vars"].attrs["name"] = "block_1_expand"
        file.create_dataset(
            "model_weights/a/b:0", data=np.zeros(64, "f4"), chunks=(16,), compression=1
        )
    return (stream.getvalue(),)


def keras_config() -> bytes:
    """What Keras writes beside the arrays."""
    layers = [
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 96, 96, 3], "name": "input"}},
        {"class_name": "Rescaling", "config": {"scale": 0.00784, "offset": -1.0}},
        {"class_name": "Conv2D", "config": {"filters": 8, "kernel_size": [3, 3], "name": "Conv1"}},
        {"class_name": "BatchNormalization", "config": {"epsilon": 0.001, "name": "bn_Conv1"}},
        {"class_name": "Functional", "config": {"layers": [
            {"class_name": "ReLU", "config": {"max_value": 6.0}}]}},
    ]  # fmt: skip
    return json.dumps(
        {"class_name": "Functional", "config": {"name": "m", "layers": layers}}
    ).encode()


def pictures() -> tuple[bytes, ...]:
    """One of each usual format, with EXIF, palette, transparency and 16 bits among them."""
    dice = np.random.default_rng(0)
    color = Image.fromarray(dice.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[274] = 6
    found = []
    for image, kind, options in (
        (color, "JPEG", {"exif": exif}), (color, "PNG", {"exif": exif}), (color, "TIFF", {}),
        (color, "BMP", {}), (color, "WEBP", {}), (color.quantize(8), "GIF", {}), (color, "PPM", {}),
        (color.quantize(8), "PNG", {"transparency": 1}), (color.convert("LA"), "PNG", {}),
        (Image.fromarray(dice.integers(0, 65536, (9, 12), dtype=np.uint16)), "PNG", {}),
        (color, "TIFF", {"compression": "tiff_lzw"}), (color.convert("CMYK"), "JPEG", {}),
    ):  # fmt: skip
        stream = io.BytesIO()
        image.save(stream, kind, **options)
        found.append(stream.getvalue())
    return tuple(found)


def masks() -> tuple[bytes, ...]:
    """PNGs in grey, palette, color and 16 bits, and a TIFF."""
    ids = np.random.default_rng(0).integers(0, 3, (9, 12), dtype=np.uint8)
    palette = Image.fromarray(ids)
    palette.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    found = []
    for image, kind in (
        (Image.fromarray(ids), "PNG"), (palette, "PNG"), (palette.convert("RGB"), "PNG"),
        (Image.fromarray(ids.astype(np.uint16)), "PNG"), (Image.fromarray(ids), "TIFF"),
    ):  # fmt: skip
        stream = io.BytesIO()
        image.save(stream, kind)
        found.append(stream.getvalue())
    return tuple(found)
