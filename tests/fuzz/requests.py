"""What a server reads of strangers: forms, requests of the Open Inference Protocol, addresses."""

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl

from mobilenetv2.errors import OptionError

BOUNDARY = b"8e0f"
FORM = (
    b'--8e0f\r\nContent-Disposition: form-data; name="top"\r\n\r\n3\r\n'
    b'--8e0f\r\nContent-Disposition: form-data; name="picture"; filename="a.jpg"\r\n'
    b"Content-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xe0 a picture\r\n--8e0f--\r\n"
)
PIXELS = {
    "id": "1",
    "parameters": {"top": 3, "labels": "cat", "binary_data_output": False},
    "inputs": [
        {"name": "image", "shape": [1, 2, 1, 3], "datatype": "UINT8", "data": [0, 1, 2, 253, 4, 5]}
    ],
    "outputs": [{"name": "labels", "parameters": {"binary_data": False}}],
}
ENCODED = {"inputs": [{"name": "image", "shape": [1], "datatype": "BYTES", "data": ["/9j/4A=="]}]}


def read_form(data: bytes, _: Path) -> None:
    from python_multipart.exceptions import FormParserError

    from mobilenetv2.serve.form import only_file
    from mobilenetv2.serve.refusals import RefusalError

    try:
        only_file(data, BOUNDARY)
    except (FormParserError, RefusalError) as error:
        raise OptionError(str(error)) from error


def read_inference(data: bytes, _: Path) -> None:
    from mobilenetv2.serve.open_inference import picture_of
    from mobilenetv2.serve.tensors import read_inputs, split_body

    def read() -> None:
        asked, binary = split_body(data, None)
        for given in read_inputs(asked, binary):
            picture_of(given)

    refused(read)


def read_address(data: bytes, _: Path) -> None:
    from mobilenetv2.serve.query import read_options

    refused(lambda: read_options(parse_qsl(data.decode("utf-8", "replace"), True)))


def refused(read: Callable[[], object]) -> None:
    """A server refuses with an error of its own kind; the fuzzer knows the package's."""
    from mobilenetv2.serve.refusals import RefusalError

    try:
        read()
    except RefusalError as error:
        raise OptionError(str(error)) from error


def inferences() -> list[bytes]:
    return [json.dumps(value).encode() for value in (PIXELS, ENCODED)]
