"""What each stage of quantization brings, beside onnxruntime's own: `docs/quantization.md`.

python benchmarks/quantization.py MODEL PICTURES DATA [--peer] [--search]
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from rounding_search import searched_on

from mobilenetv2.calibration.calibrate import Stages, calibrate
from mobilenetv2.deploy.export import deploy
from mobilenetv2.model import Model, load_checkpoint
from mobilenetv2.quantization.pictures import prepare_all
from mobilenetv2.tasks.find_pictures import find_pictures
from mobilenetv2.tasks.labeled import LabeledPictures, read_labeled
from mobilenetv2.tasks.pixels import Pixels, normalize
from mobilenetv2.weights.fold import fold_checkpoint

PLAIN = Stages(
    equalize=False, headroom=False, ranges="extremes", correct_bias=False, rounding="nearest"
)
ROWS = {
    "ends of the range, nearest weights": PLAIN,
    "percentile": replace(PLAIN, ranges="percentile"),
    "least squares": replace(PLAIN, ranges="least squares"),
    "equalization alone": replace(PLAIN, equalize=True),
    "biases alone": replace(PLAIN, correct_bias=True),
    "rounding in turn alone": replace(PLAIN, rounding="in turn"),
    "biases, rounding in turn": replace(PLAIN, correct_bias=True, rounding="in turn"),
    "the same, least squares": Stages(equalize=False, headroom=False),
    "all (the default)": Stages(),
}


def logits_of(model: Model, pictures: list[Pixels]) -> np.ndarray:
    """[pictures, classes]."""
    run = model._run
    return np.stack([run(picture)["logits"].reshape(-1) for picture in pictures])


def describe(name: str, real: np.ndarray, found: np.ndarray, targets: np.ndarray) -> None:
    """One row of the table."""
    centered = real - real.mean(1, keepdims=True)
    noise = found - found.mean(1, keepdims=True) - centered
    snr = 10 * np.log10(np.square(centered).sum() / max(np.square(noise).sum(), 1e-30))
    right, alike = (found.argmax(1) == targets).sum(), (found.argmax(1) == real.argmax(1)).mean()
    print(f"| {name} | {right} | {100 * alike:.2f} | {min(snr, 99):.1f} |", flush=True)


def onnxruntime_logits(
    model: Model, pictures: list[Pixels], judged: list[Pixels], method: str
) -> np.ndarray:
    """Those of `quantize_static`: QDQ, per channel, signed weights, unsigned maps."""
    import onnxruntime
    from onnxruntime import quantization

    class Reader(quantization.CalibrationDataReader):
        def __init__(self) -> None:
            self._left = iter(pictures)

        def get_next(self) -> dict[str, np.ndarray] | None:
            picture = next(self._left, None)
            return None if picture is None else {"input": given(picture)}

    def given(picture: Pixels) -> np.ndarray:
        return normalize(picture, model.checkpoint.preprocessing).transpose(2, 0, 1)[None]

    with tempfile.TemporaryDirectory() as folder:
        floats, integers = Path(folder) / "floats.onnx", Path(folder) / "integers.onnx"
        deploy(model.checkpoint, floats, verify=False)
        quantization.quantize_static(
            str(floats),
            str(integers),
            Reader(),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            calibrate_method=getattr(quantization.CalibrationMethod, method),
        )
        session = onnxruntime.InferenceSession(str(integers), providers=["CPUExecutionProvider"])
        outputs = [session.run(None, {"input": given(picture)})[0] for picture in judged]
    return np.stack(outputs).reshape(len(judged), -1)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("pictures", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--search", action="store_true")
    chosen = parser.parse_args()
    model = Model(fold_checkpoint(load_checkpoint(chosen.model)))
    labeled: LabeledPictures = read_labeled(chosen.data, model.labels)
    used, _ = prepare_all(model, find_pictures(chosen.pictures), lambda: None)
    judged, _ = prepare_all(model, labeled.paths, lambda: None)
    targets = np.array(labeled.targets)
    real = logits_of(model, judged)
    print("| stages | right | agree, % | logits, dB |\n|---|---|---|---|")
    describe("floats", real, real, targets)
    if chosen.peer:
        for method in ("MinMax", "Percentile"):
            found = onnxruntime_logits(model, used, judged, method)
            describe(f"onnxruntime, {method}", real, found, targets)
    for name, stages in ROWS.items():
        found = calibrate(model.checkpoint, used, lambda: None, stages)
        describe(name, real, logits_of(Model(found.integers), judged), targets)
        if stages == Stages() and chosen.search:
            searched = searched_on(found)
            describe("all, searched on", real, logits_of(Model(searched), judged), targets)


if __name__ == "__main__":
    main()
