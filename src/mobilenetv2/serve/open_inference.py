"""The Open Inference Protocol (KServe V2): what Triton's and KServe's clients speak.

https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol
"""

import json
from collections.abc import Sequence
from typing import Any, assert_never

import numpy as np
import numpy.typing as npt

from mobilenetv2.catalog.embedded import Task
from mobilenetv2.serve.refusals import RefusalError
from mobilenetv2.serve.tensors import Given, Made
from mobilenetv2.tasks.results import Detections, Prediction, Result, Segmentation

HEADER_LENGTH = "inference-header-content-length"
INPUT = "image"


def metadata(name: str, task: Task) -> dict[str, object]:
    """What a model takes and gives."""
    outputs = [{"name": of, "datatype": kind, "shape": shape} for of, kind, shape in _gives(task)]
    taken = {"name": INPUT, "datatype": "BYTES", "shape": [1]}
    return {
        "name": name,
        "versions": ["1"],
        "platform": "mobilenetv2",
        "inputs": [taken],
        "outputs": outputs,
    }


def picture_of(given: Given) -> bytes | npt.NDArray[np.uint8]:
    """A file's bytes, or uint8 [height, width, 3].

    Raises:
        RefusalError: another tensor.
    """
    if isinstance(given.value, tuple):
        if len(given.value) != 1:
            raise RefusalError(f"BYTES must be one picture's file, got {len(given.value)}")
        return given.value[0]
    pixels = given.value[0] if given.value.ndim == 4 and len(given.value) == 1 else given.value
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise RefusalError(
            f"UINT8 must be one picture [height, width, 3], got {list(given.value.shape)}"
        )
    return pixels


def tensors_of(result: Result) -> list[Made]:
    """A result as the tensors that `metadata` promises."""
    match result:
        case Prediction():
            return [
                Made("labels", "BYTES", [one.label for one in result.predictions]),
                Made("indices", "INT64", np.array([one.index for one in result.predictions], int)),
                Made("scores", "FP32", np.array([one.score for one in result.predictions])),
            ]
        case Detections():
            found = result.to_arrays()
            return [
                Made("labels", "BYTES", [one.label for one in result.predictions]),
                Made("indices", "INT64", found.classes),
                Made("scores", "FP32", found.scores),
                Made("boxes", "FP32", found.boxes),
            ]
        case Segmentation():
            present = result.predictions
            return [
                Made("labels", "BYTES", [one.label for one in present]),
                Made("indices", "INT64", np.array([one.index for one in present], int)),
                Made("shares", "FP32", np.array([one.share for one in present])),
                Made("mask", "UINT8", result.mask),
            ]
        case _:
            assert_never(result)


def reply(name: str, request: dict[str, Any], made: Sequence[Made]) -> tuple[bytes, dict[str, str]]:
    """The answer's body and headers; tensors as bytes where the request wants them so.

    Raises:
        RefusalError: an output that the model does not give.
    """
    wanted = _wanted(request, made)
    outputs: list[dict[str, object]] = []
    binary = b""
    for one, as_bytes in wanted:
        if as_bytes:
            data = one.to_bytes()
            binary += data
            parameters = {"binary_data_size": len(data)}
            outputs.append(
                {
                    "name": one.name,
                    "datatype": one.kind,
                    "shape": one.shape,
                    "parameters": parameters,
                }
            )
        else:
            outputs.append(one.to_json())
    body: dict[str, object] = {"model_name": name, "model_version": "1", "outputs": outputs}
    if isinstance(request.get("id"), str):
        body["id"] = request["id"]
    text = json.dumps(body).encode()
    if not binary:
        return text, {"content-type": "application/json"}
    return text + binary, {
        "content-type": "application/octet-stream",
        HEADER_LENGTH: str(len(text)),
    }


def _wanted(request: dict[str, Any], made: Sequence[Made]) -> list[tuple[Made, bool]]:
    """The outputs asked for, in their order, and whether as bytes; all of them if none is named."""
    whole = _flag(request, "binary_data_output")
    asked = request.get("outputs")
    if not isinstance(asked, list) or not asked:
        return [(one, whole) for one in made]
    by_name = {one.name: one for one in made}
    found = []
    for output in asked:
        name = output.get("name") if isinstance(output, dict) else None
        if name not in by_name:
            raise RefusalError(f"outputs are {', '.join(by_name)}, got {name!r}")
        found.append((by_name[name], whole or _flag(output, "binary_data")))
    return found


def _flag(owner: dict[str, Any], name: str) -> bool:
    parameters = owner.get("parameters")
    return isinstance(parameters, dict) and parameters.get(name) is True


def _gives(task: Task) -> list[tuple[str, str, list[int]]]:
    named: list[tuple[str, str, list[int]]] = [
        ("labels", "BYTES", [-1]),
        ("indices", "INT64", [-1]),
    ]
    match task:
        case "classification":
            return [*named, ("scores", "FP32", [-1])]
        case "detection":
            return [*named, ("scores", "FP32", [-1]), ("boxes", "FP32", [-1, 4])]
        case "segmentation":
            return [*named, ("shares", "FP32", [-1]), ("mask", "UINT8", [-1, -1])]
        case _:
            assert_never(task)
