"""What KServe's and Triton's clients send and expect, as the protocol has it."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import mobilenetv2
from mobilenetv2.serve.open_inference import picture_of, tensors_of
from mobilenetv2.serve.refusals import RefusalError
from mobilenetv2.serve.tensors import Made, read_inputs, split_body
from tests.serve.conftest import Client, Reply, serving

EXAMPLE = Path(mobilenetv2.__file__).parent / "examples" / "cat.jpg"
CAT = EXAMPLE.read_bytes()
LENGTH = "inference-header-content-length"


def infer(client: Client, request: dict[str, Any], binary: bytes = b"") -> Reply:
    text = json.dumps(request).encode()
    headers = {LENGTH: str(len(text))} if binary else {}
    return client.ask("POST", "/v2/models/tiny/infer", text + binary, headers)


def by_name(reply: Reply) -> dict[str, list[Any]]:
    return {output["name"]: output["data"] for output in reply.json["outputs"]}


def one_input(kind: str, shape: list[int], **rest: object) -> dict[str, Any]:
    return {"inputs": [{"name": "image", "datatype": kind, "shape": shape} | rest]}


class TestServer:
    def test_says_what_it_is(self, client: Client):
        for path in ("/v2/health/live", "/v2/health/ready", "/v2/models/tiny/ready"):
            assert client.ask("GET", path).status == 200
        assert client.ask("GET", "/v2").json["extensions"] == ["binary_tensor_data"]
        told = client.ask("GET", "/v2/models/tiny").json
        assert told["inputs"] == [{"name": "image", "datatype": "BYTES", "shape": [1]}]
        assert [one["name"] for one in told["outputs"]] == ["labels", "indices", "scores"]

    def test_a_file_in_base64(self, client: Client, classifier: mobilenetv2.Model):
        request = one_input("BYTES", [1], data=[base64.b64encode(CAT).decode()])
        reply = infer(client, request | {"id": "42", "parameters": {"top": 2}})
        expected = classifier.predict(CAT, top=2)
        assert (reply.json["model_name"], reply.json["id"]) == ("tiny", "42")
        assert by_name(reply)["labels"] == [one.label for one in expected.predictions]
        assert by_name(reply)["scores"] == [one.score for one in expected.predictions]

    def test_a_file_as_bytes_and_answers_as_bytes(
        self, client: Client, classifier: mobilenetv2.Model
    ):
        binary = len(CAT).to_bytes(4, "little") + CAT
        request = one_input("BYTES", [1], parameters={"binary_data_size": len(binary)})
        request["outputs"] = [
            {"name": "scores", "parameters": {"binary_data": True}},
            {"name": "labels", "parameters": {"binary_data": True}},
            {"name": "indices"},
        ]
        reply = infer(client, request, binary)
        end = int(reply.headers[LENGTH])
        told, rest = json.loads(reply.body[:end]), reply.body[end:]
        expected = classifier.predict(CAT).predictions
        sizes = [one["parameters"]["binary_data_size"] for one in told["outputs"][:2]]
        scores, labels = rest[: sizes[0]], rest[sizes[0] :]
        assert sum(sizes) == len(rest)
        np.testing.assert_array_equal(
            np.frombuffer(scores, "<f4"), np.float32([one.score for one in expected])
        )
        first = expected[0].label.encode()
        assert labels.startswith(len(first).to_bytes(4, "little") + first)
        assert told["outputs"][2]["data"] == [one.index for one in expected]

    @pytest.mark.parametrize("batch", [False, True])
    def test_pixels(self, client: Client, classifier: mobilenetv2.Model, batch: bool):
        pixels = np.asarray(Image.open(EXAMPLE).convert("RGB").resize((40, 30)))
        shape = [1, 30, 40, 3] if batch else [30, 40, 3]
        size = {"binary_data_size": pixels.nbytes}
        reply = infer(client, one_input("UINT8", shape, parameters=size), pixels.tobytes())
        expected = classifier.predict(pixels)
        assert by_name(reply)["labels"][0] == expected.label
        numbers = infer(client, one_input("UINT8", shape, data=pixels.ravel().tolist()))
        assert by_name(numbers) == by_name(reply)

    def test_of_other_tasks(self, tiny_detector_file: Path, tiny_segmenter_file: Path):
        request = one_input("BYTES", [1], data=[base64.b64encode(CAT).decode()])
        detector = mobilenetv2.load(tiny_detector_file)
        with serving(detector) as client:
            found = {one["name"]: one for one in infer(client, request).json["outputs"]}
        boxes = np.float32(found["boxes"]["data"]).reshape(found["boxes"]["shape"])
        np.testing.assert_array_equal(boxes, detector.predict(CAT).boxes)
        segmenter = mobilenetv2.load(tiny_segmenter_file)
        with serving(segmenter) as client:
            found = {one["name"]: one for one in infer(client, request).json["outputs"]}
        mask = np.uint8(found["mask"]["data"]).reshape(found["mask"]["shape"])
        np.testing.assert_array_equal(mask, segmenter.predict(CAT).mask)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({}, "inputs must be a list of one tensor"),
        ({"inputs": [1]}, "an input must be an object"),
        (one_input("FP32", [1], data=[1.0]), "UINT8 [height, width, 3], or a file's bytes"),
        (one_input("BYTES", [2], data=["eA=="]), "has 2 elements, got 1"),
        (one_input("BYTES", [1], data=["no base64"]), "base64"),
        (one_input("UINT8", [1, 1, 3], data=[1, 2, 300]), "0..255"),
        (one_input("UINT8", [1, 1, 3], data=[1, 2.5, 3]), "whole numbers"),
        (one_input("UINT8", [-1, 1, 3], data=[1]), "a shape must be"),
        (one_input("UINT8", [1, True, 3], data=[1, 2, 3]), "a shape must be"),
        (one_input("UINT8", [1, 1, 3], parameters={"binary_data_size": False}), "is False, there"),
        (one_input("UINT8", [2], data=[1, 2]), "[height, width, 3], got [2]"),
        (one_input("UINT8", [1, 1, 3], parameters={"binary_data_size": 9}), "there are 0 bytes"),
        (one_input("BYTES", [1], data=["eA=="]) | {"parameters": {"size": 1}}, "options are"),
    ],
)
def test_mistakes_are_told(client: Client, request_: dict[str, Any], words: str):
    reply = infer(client, request_)
    assert reply.status == 400
    assert words in reply.json["error"]


@given(st.binary(max_size=200), st.none() | st.text(max_size=6))
def test_no_bytes_at_all_do_anything_but_be_refused(body: bytes, length: str | None):
    try:
        request, binary = split_body(body, length)
        for tensor in read_inputs(request, binary):
            picture_of(tensor)
    except RefusalError:
        pass


@given(
    st.dictionaries(
        st.sampled_from(["name", "shape", "datatype", "data", "parameters"]),
        st.recursive(
            st.none()
            | st.integers()
            | st.sampled_from(["BYTES", "UINT8", "eA==", "x"])
            | st.fixed_dictionaries({"binary_data_size": st.integers(-1, 9)}),
            lambda inner: st.lists(inner, max_size=4),
        ),
    ),
    st.binary(max_size=9),
)
def test_no_tensor_does_anything_but_be_refused(one: dict[str, Any], binary: bytes):
    try:
        for tensor in read_inputs({"inputs": [one]}, binary):
            picture_of(tensor)
    except RefusalError:
        pass


def test_bytes_of_outputs():
    made = Made("labels", "BYTES", ["a", "ü"])
    assert made.to_bytes() == b"\1\0\0\0a\2\0\0\0\xc3\xbc"
    assert made.shape == [2]
    assert Made("x", "FP32", np.array([[1.0, 2.0]])).shape == [1, 2]
    assert Made("x", "INT64", np.array([1])).to_bytes() == b"\1" + b"\0" * 7


def test_nothing_found_is_empty_tensors():
    shapes = {one.name: one.shape for one in tensors_of(mobilenetv2.Detections(()))}
    assert shapes == {"labels": [0], "indices": [0], "scores": [0], "boxes": [0, 4]}
