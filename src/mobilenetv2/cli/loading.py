"""What every command does with --model."""

from mobilenetv2.cli.progress import download_progress
from mobilenetv2.model import Model, load, load_checkpoint
from mobilenetv2.weights.checkpoint import Checkpoint


def open_model(name_or_path: str) -> Model:
    """A model that can run; a download shows its progress."""
    with download_progress(name_or_path) as report:
        return load(name_or_path, report)


def open_checkpoint(name_or_path: str) -> Checkpoint:
    """Weights to look at or to train on; a download shows its progress."""
    with download_progress(name_or_path) as report:
        return load_checkpoint(name_or_path, report)
