"""The peer: LitServe with onnxruntime, the same network and the same preprocessing.

python litserve_server.py MODEL.onnx PORT HEIGHT WIDTH
"""

import json
import sys

import litserve
import numpy as np
import onnxruntime
from fastapi import UploadFile
from PIL import Image


class Classify(litserve.LitAPI):
    """Labels pictures that come as a form's file `request`."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - LitServe's own
        """One session in each of the two worker processes, one thread each."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(sys.argv[1], options)
        self._labels = json.loads(self._session.get_modelmeta().custom_metadata_map["labels"])

    def decode_request(self, request: UploadFile) -> np.ndarray:
        """The picture at the network's size; integers take its bytes as they are."""
        height, width = int(sys.argv[3]), int(sys.argv[4])
        image = Image.open(request.file).convert("RGB")
        image = image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=None)
        pixels = np.asarray(image)[None]
        if self._session.get_inputs()[0].type == "tensor(uint8)":
            return pixels
        return pixels.astype(np.float32) / 127.5 - 1

    def predict(self, pixels: np.ndarray) -> np.ndarray:
        """Logits."""
        (given,) = self._session.get_inputs()
        if given.shape[1] == 3:
            pixels = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
        return self._session.run(None, {given.name: pixels})[0].reshape(-1)

    def encode_response(self, logits: np.ndarray) -> dict:
        """The best five."""
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        best = np.argsort(-shares)[:5]
        return {
            "predictions": [{"label": self._labels[i], "score": float(shares[i])} for i in best]
        }


if __name__ == "__main__":
    server = litserve.LitServer(Classify(), accelerator="cpu", workers_per_device=2)
    server.run(port=int(sys.argv[2]), log_level="warning", generate_client_file=False)
