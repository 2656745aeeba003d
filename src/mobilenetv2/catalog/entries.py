"""The catalogue: weights that come with the package, and public files it knows how to fetch.

Figures of public files are the publishers' own and were not measured here; where a field is None,
nobody published it. Those of the embedded models are of docs/models.md.
"""

from dataclasses import dataclass

from mobilenetv2.catalog.embedded import EMBEDDED, EmbeddedWeights, LabelSet, Task


@dataclass(frozen=True, slots=True)
class PublicWeights:
    """A file that others publish, and everything needed to fetch, check and judge it."""

    name: str
    """What users type. Files of the Hugging Face hub go by their repository's name."""
    file: str
    """The file's name in the cache folder and on a mirror; unique in the catalogue."""
    urls: tuple[str, ...]
    """Tried in this order; all of them serve the same bytes."""
    sha256: str | None
    """64 hexadecimal digits, or the first 8 where the publisher gives only those, or None."""
    bytes: int | None
    """The exact size, or None where only a rounded one is published."""
    license: str
    """An SPDX identifier, or what the publisher's page says."""
    task: Task
    figure: str | None
    """Metric, value and data set in words, e.g. "70.8 top-1, ImageNet val"."""
    labels: LabelSet
    note: str = ""


Entry = EmbeddedWeights | PublicWeights


def find(name: str) -> Entry | None:
    """The entry of exactly this name, or None."""
    return next((entry for entry in CATALOG if entry.name == name), None)


_CORAL_COMMIT = "104342d2d3480b3e66203073dac24f4e2dbb4c41"
_SLIM_NOTE = (
    "converted from the TF-slim checkpoint of this name, whose figure this is; the hub's page "
    "says licence 'other', the TF-slim original is Apache-2.0"
)


def _coral(
    name: str, file: str, sha256: str, size: int, task: Task, figure: str | None, note: str
) -> PublicWeights:
    return PublicWeights(
        name=name,
        file=file,
        # The commit cannot change under us; the branch is there should the commit's blob be gone.
        urls=(
            f"https://raw.githubusercontent.com/google-coral/test_data/{_CORAL_COMMIT}/{file}",
            f"https://github.com/google-coral/test_data/raw/master/{file}",
        ),
        sha256=sha256,
        bytes=size,
        license="Apache-2.0",
        task=task,
        figure=figure,
        labels="background + imagenet" if task == "classification" else "background + voc",
        note=note,
    )


def _torchvision(name: str, digits: str, figure: str, note: str) -> PublicWeights:
    file = f"mobilenet_v2-{digits}.pth"
    return PublicWeights(
        name=name,
        file=file,
        urls=(f"https://download.pytorch.org/models/{file}",),
        sha256=digits,
        bytes=None,
        license="BSD-3-Clause",
        task="classification",
        figure=f"{figure} top-1, ImageNet val",
        labels="imagenet",
        note=note,
    )


def _hub(
    repository: str,
    file: str,
    sha256: str | None,
    license: str,  # noqa: A002 - the field's name
    figure: str,
    labels: LabelSet,
    note: str,
    revision: str = "main",
) -> PublicWeights:
    suffix = file.rpartition(".")[2]
    return PublicWeights(
        name=repository,
        file=f"{repository.replace('/', '--')}.{suffix}",
        urls=(f"https://huggingface.co/{repository}/resolve/{revision}/{file}",),
        sha256=sha256,
        bytes=None,
        license=license,
        task="classification",
        figure=figure,
        labels=labels,
        note=note,
    )


def _timm(
    repository: str, sha256: str | None, figure: str, note: str, revision: str = "main"
) -> PublicWeights:
    return _hub(
        f"timm/{repository}",
        "model.safetensors",
        sha256,
        "Apache-2.0",
        f"{figure} top-1, ImageNet val",
        "imagenet",
        note,
        revision,
    )


def _google(
    repository: str, file: str, sha256: str, figure: str, revision: str = "main"
) -> PublicWeights:
    return _hub(
        f"google/{repository}",
        file,
        sha256,
        "other",
        f"{figure} top-1, ImageNet val",
        "background + imagenet",
        _SLIM_NOTE,
        revision,
    )


CATALOG: tuple[Entry, ...] = (
    *EMBEDDED,
    _coral(
        "imagenet",
        "tf2_mobilenet_v2_1.0_224_ptq.tflite",
        "5d3137241276e79c86d14a74fe43581398ae0e815191d3dba45495b810840e8c",
        4_070_174,
        "classification",
        None,
        "width 1.0, 224 px, int8 per channel after training",
    ),
    _coral(
        "imagenet-quant",
        "mobilenet_v2_1.0_224_quant.tflite",
        "7aad0c74c5e3c06e5eb3c827e13304fdd68a83da6087d92ee169c24ff9fd4776",
        3_610_798,
        "classification",
        "70.8 top-1, ImageNet val",
        "width 1.0, 224 px, uint8 per tensor, trained for it",
    ),
    _coral(
        "voc",
        "deeplabv3_mnv2_pascal_quant.tflite",
        "350af47fd346ea6d74b58833a351f583ba860e9806ec5bd292ff8d8f1f249398",
        2_193_224,
        "segmentation",
        "74.26 mIoU, PASCAL VOC 2012 val",
        "Mobile DeepLabv3, width 1.0, 513 px, output stride 16, uint8",
    ),
    _coral(
        "voc-0.5",
        "deeplabv3_mnv2_dm05_pascal_quant.tflite",
        "0470d2a782aa54eeeb99d32e7b6b3fb7722905c7c4f5d26bd957ec861366d48b",
        760_904,
        "segmentation",
        "69.65 mIoU, PASCAL VOC 2012 val",
        "Mobile DeepLabv3, width 0.5, 513 px, output stride 16, uint8",
    ),
    PublicWeights(
        name="open-images",
        file="object_detection_ssd_mobilenetv2_oidv4_fp16.tflite",
        urls=tuple(
            f"https://{host}/@mediapipe/objectron/"
            "object_detection_ssd_mobilenetv2_oidv4_fp16.tflite"
            for host in ("cdn.jsdelivr.net/npm", "unpkg.com")
        ),
        sha256="d0a5255bf8c4f5a0bc4240741a76c41d5e939f7655078f945f50ab53a9375da6",
        bytes=9_987_728,
        license="Apache-2.0",
        task="detection",
        figure=None,
        labels="background + open images",
        note="plain SSD, width 1.0, 300 px, 23 kinds of things (person, car, chair, dog ...), "
        "float16",
    ),
    _torchvision("torchvision-v1", "b0353104", "71.878", "width 1.0, 224 px; the old recipe"),
    _torchvision("torchvision-v2", "7ebf99e0", "72.154", "width 1.0, 224 px; the 2021 recipe"),
    # The hub's sha256 are those its file pages state.
    _timm("mobilenetv2_050.lamb_in1k", None, "65.928", "width 0.5, 224 px"),
    _timm(
        "mobilenetv2_100.ra_in1k",
        "55ea4fb3a96010b933710ebf44fc965b070d5cd054d3f35e44f2d1320b4a714e",
        "72.910",
        "width 1.0, 224 px",
        "f3ff81ba89de0bc46b546568ebeab2edef6b9d49",
    ),
    _timm(
        "mobilenetv2_110d.ra_in1k",
        "feaa9d38a81f31493434916f700d1f752ec5bb70d5903fd08d3278ec0ca7cc0b",
        "75.056",
        "width 1.1, 224 px, more blocks a stage than the paper",
    ),
    _timm(
        "mobilenetv2_120d.ra_in1k",
        None,
        "77.300",
        "width 1.2, 224 px, more blocks a stage than the paper",
        "70071fcdf116c3aec6e3c575bb91e8490a95a99a",
    ),
    _timm("mobilenetv2_140.ra_in1k", None, "76.528", "width 1.4, 224 px"),
    _google(
        "mobilenet_v2_1.4_224",
        "pytorch_model.bin",
        "a5c7f052fbbaf60880d9f9dbc12550e5ddb4375f9b8a96cc1d488103689b6ec6",
        "75.0",
    ),
    _google(
        "mobilenet_v2_1.0_224",
        "model.safetensors",
        "94f61c6902b411e6b730cfe2443c8b2d983a2d50d289c4bd7083e0583ccdfe76",
        "71.8",
    ),
    _google(
        "mobilenet_v2_0.75_160",
        "pytorch_model.bin",
        "963ae7c2b05f7ead5130bcc8d28e67bb5bafaf44bc51312f94e62c2d9e20cc66",
        "66.4",
    ),
    # Not on the main branch: the hub's own conversion of its pytorch_model.bin.
    _google(
        "mobilenet_v2_0.35_96",
        "model.safetensors",
        "639728f97c1f86fcba4a0b7e3f6ba415cc3dbb3cbd2c467b029a7ce811ae2334",
        "45.5",
        "5d96f9d4a2d8dfc954023eeaa456d88c1503ea1f",
    ),
)
