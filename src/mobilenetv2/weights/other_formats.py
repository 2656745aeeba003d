"""Formats that are not read: each with its name and the way out of it."""

import re
from pathlib import Path

from mobilenetv2.errors import CheckpointError

SAVED_MODEL = (
    "a TensorFlow SavedModel; convert it there: "
    "open('model.tflite', 'wb').write(tf.lite.TFLiteConverter.from_saved_model('DIR').convert())"
)
FROZEN = (
    "a frozen TensorFlow graph; convert it there: python -m tf2onnx.convert --graphdef FILE "
    "--inputs INPUT:0 --outputs OUTPUT:0 --output model.onnx"
)
TFJS = (
    "a TensorFlow.js model; convert it there: tensorflowjs_converter --input_format "
    "tfjs_layers_model --output_format keras model.json model.h5 (Teachable Machine: export it as "
    "Tensorflow, Keras)"
)
OPENVINO = (
    "an OpenVINO model, which has no way back; import the ONNX, TFLite or torch file it was made "
    "from"
)
CORE_ML = (
    "a Core ML model, which has no way back; import the torch, Keras or ONNX file it was made from"
)
SHARDED = (
    "the index of weights in several files; save them as one, where they were made: "
    "model.save_pretrained('DIR', max_shard_size='10GB'), or torch.save(model.state_dict(), PATH)"
)
TORCH_PROGRAM = (
    "a torch program (TorchScript); save its weights there: "
    "torch.save(torch.jit.load('FILE').state_dict(), 'model.pth')"
)
TORCH_EXPORT = (
    "a torch program (torch.export); save its weights there: "
    "torch.save(torch.export.load('FILE').state_dict, 'model.pth')"
)


_JSON_BYTES = 1_000_000
_SHARD = re.compile(r".*-\d{5}-of-\d{5}\.(?:safetensors|bin)")


def named_folder(path: Path) -> str:
    """What a folder is that holds another tool's model; empty where nobody knows."""
    if (path / "saved_model.pb").is_file():
        return SAVED_MODEL
    if any(path.glob("*.index.json")) and any(_SHARD.fullmatch(one.name) for one in path.iterdir()):
        return f"that of {SHARDED}"
    if (path / "model.json").is_file():
        return TFJS
    if path.suffix.lower() == ".mlpackage" or (path / "Manifest.json").is_file():
        return CORE_ML
    return ""


def named_format(path: Path, head: bytes) -> str:
    """What a file is, by its first bytes, with the way out; empty where nobody knows.

    Args:
        path: the file.
        head: at least its first 16 bytes.
    """
    suffix, text = path.suffix.lower(), head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"{") and (suffix == ".json" or b"modelTopology" in head):
        return _named_json(path)
    if text.startswith(b"<?xml") or (suffix == ".xml" and text.startswith(b"<")):
        return OPENVINO
    if suffix == ".bin" and path.with_suffix(".xml").is_file():
        return OPENVINO
    if suffix == ".bin" and path.with_name("model.json").is_file():
        return TFJS
    if suffix in (".mlmodel", ".mlpackage"):
        return CORE_ML
    if suffix == ".pb":
        return SAVED_MODEL if path.name == "saved_model.pb" else FROZEN
    return ""


def _named_json(path: Path) -> str:
    """By its keys, which stand at the beginning."""
    with path.open("rb") as file:
        begin = file.read(_JSON_BYTES)
    if b'"modelTopology"' in begin or b'"weightsManifest"' in begin:
        return TFJS
    if b'"weight_map"' in begin or path.name.endswith(".index.json"):
        return SHARDED
    return (
        "a JSON file and holds no weights; name the file with the weights that belongs to it, or "
        "the folder in which both lie"
    )


def named_archive(names: list[str]) -> str:
    """What a zip archive is that is no file of weights; empty where nobody knows."""
    inner = {name.replace("\\", "/").rpartition("/")[2] for name in names}
    if "saved_model.pb" in inner:
        return f"a zip of {SAVED_MODEL}"
    if "model.json" in inner and "metadata.json" in inner:
        return f"a zip of {TFJS}"
    if "constants.pkl" in inner or any("/code/" in f"/{name}" for name in names):
        return TORCH_PROGRAM
    if "archive_format" in inner and "byteorder" in inner:
        return TORCH_EXPORT
    if "labels.txt" in inner and ({"keras_model.h5"} & inner or {"model.tflite"} & inner):
        return "a zip of Teachable Machine's; unpack it and import the model in it"
    return ""


def plain_name(name: str) -> str:
    """A name in an archive with slashes, where Windows wrote backslashes."""
    return name.replace("\\", "/").removeprefix("./")


def archive_names(path: Path) -> list[str]:
    """The names in a zip archive.

    Raises:
        CheckpointError: it is damaged.
    """
    import zipfile  # a file that is no archive is read without

    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise CheckpointError(f"{path} is a damaged archive: {error}") from error
