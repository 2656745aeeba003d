"""A quantized network with its proof: what is printed, and what is stored beside the integers."""

from dataclasses import dataclass, replace
from pathlib import Path

from mobilenetv2.errors import QuantizationError
from mobilenetv2.evaluate import (
    ClassificationReport,
    DetectionReport,
    MultiLabelReport,
    SegmentationReport,
)
from mobilenetv2.evaluate.compare_reports import Report, headline
from mobilenetv2.quantization.given import Shown
from mobilenetv2.quantization.proof import Proof
from mobilenetv2.tasks.task_of import Kind, task_of
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint, Metric

LESSONS: dict[Kind, str] = {
    "classification": "classify",
    "detection": "detect",
    "segmentation": "segment",
    "embedding": "classify",
}
"""What `mobilenetv2 train` calls each task; features are taught with a head on top of them."""
METHOD = "equalized, least squares, rounded in turn, biases corrected"
"""What was done, as files tell it."""


@dataclass(frozen=True, slots=True)
class Quantized:
    """What `quantize` found."""

    checkpoint: Checkpoint
    """In integers, with method, pictures and figures in its metadata."""
    proof: Proof
    calibrated_on: int
    """How many pictures."""
    fingerprint: str
    """Of these pictures."""
    unreadable: tuple[tuple[Shown, str], ...]
    """Pictures to calibrate on that were left out, and why."""
    notes: tuple[str, ...]
    """What is to be said of the labeled pictures."""
    max_loss: float
    """Points beyond which `save` refuses."""

    @property
    def acceptable(self) -> bool:
        """Whether the loss is within `max_loss`."""
        return self.proof.loss <= self.max_loss

    def save(self, path: str | Path) -> None:
        """Write the integers, if they lose no more than was agreed to.

        Raises:
            QuantizationError: they do; nothing is written.
            CheckpointError: the disk refuses.
        """
        if not self.acceptable:
            low, high = self.proof.loss_interval
            raise QuantizationError(
                f"8 bits may lose {self.max_loss:g} points and lose {self.proof.loss:.2f} "
                f"({low:.2f} .. {high:.2f}), so nothing was written. "
                f"Worst are the steps {', '.join(self.proof.worst) or 'unknown'}. Calibrate on "
                f"more pictures of the kind that the model is for (there were "
                f"{self.calibrated_on}), train the floats on in integers: mobilenetv2 train "
                f"{LESSONS[task_of(self.checkpoint.spec.head)]} --model MODEL --quantize, "
                f"or allow the loss: --max-loss {max(self.proof.loss, 0):.1f}, max_loss in Python"
            )
        store.save(self.checkpoint, path)

    def to_json(self) -> dict[str, object]:
        """The figures; those of `evaluate` under its names."""
        proof = self.proof
        return {
            "float": proof.real.to_json() if proof.real else None,
            "int8": proof.integers.to_json() if proof.integers else None,
            "agreement": proof.agreement,
            "compared": proof.pictures,
            "answers": proof.answers,
            "loss": proof.loss,
            "loss_of": headline(proof.real)[0] if proof.real else "expected",
            "loss_interval": list(proof.loss_interval),
            "max_loss": self.max_loss,
            "steps": [
                {
                    "name": step.name,
                    "snr": step.snr,
                    "answer_snr": step.answer_snr,
                    "gain": step.gain,
                }
                for step in proof.steps
            ],
            "worst": list(proof.worst),
            "method": METHOD,
            "calibrated_on": self.calibrated_on,
            "fingerprint": self.fingerprint,
            "unreadable": [{"path": str(path), "error": why} for path, why in self.unreadable],
        }


def documented(
    checkpoint: Checkpoint, proof: Proof, count: int, fingerprint: str, name: str
) -> Checkpoint:
    """The integers with what was done and what it cost in their metadata.

    Args:
        checkpoint: in integers, with the float network's own metadata.
        proof: the figures.
        count: of pictures to calibrate on.
        fingerprint: theirs.
        name: of the pictures that were kept apart, where none had labels.
    """
    history = (
        *checkpoint.provenance.history,
        f"quantized to 8 bits ({METHOD}), calibrated on {count} pictures, set {fingerprint}; "
        f"{proof.agreement:.2%} of the answers on {proof.pictures} others are the float "
        f"network's, loss {proof.loss:.2f} points ({proof.loss_interval[0]:.2f} .. "
        f"{proof.loss_interval[1]:.2f}{'' if proof.real else ', expected'})",
    )
    own: tuple[Metric, ...] = (
        Metric("agreement", proof.agreement, name, "kept apart", proof.pictures),
    )
    if proof.integers is not None and proof.real is not None:
        own = _metrics(proof.integers, "") + _metrics(proof.real, "float_")
    known = {(metric.name, metric.dataset) for metric in own}
    # What was measured of the floats is not the integers' own.
    earlier = tuple(replace(metric, name=f"float_{metric.name}") for metric in checkpoint.metrics)
    return replace(
        checkpoint,
        provenance=replace(checkpoint.provenance, history=history),
        metrics=own + tuple(one for one in earlier if (one.name, one.dataset) not in known),
    )


def _metrics(report: Report, prefix: str) -> tuple[Metric, ...]:
    figures: dict[str, float | None]
    match report:
        case ClassificationReport():
            data, split, count = report.data, report.data.rpartition("/")[2], report.top1.count
            figures = {
                "top1": report.top1.value,
                "top5": report.top5.value,
                "mean_class_accuracy": report.mean_class_accuracy,
            }
        case MultiLabelReport():
            data, split, count = report.data, report.data.rpartition("/")[2], len(report.paths)
            figures = {"map": report.mean_average_precision, "f1": report.overall.f1}
        case DetectionReport():
            data, split, count = report.data, report.split, len(report.pictures)
            figures = {"ap": report.coco.ap, "ap50": report.coco.ap50, "ap75": report.coco.ap75}
        case SegmentationReport():
            data, split, count = report.data, report.split, report.count
            agreement = report.agreement
            figures = {"mean_iou": agreement.mean_iou, "pixel_accuracy": agreement.pixel_accuracy}
    return tuple(
        Metric(prefix + name, value, data, split, count)
        for name, value in figures.items()
        if value is not None
    )
