"""What tests of the embedded models share."""

from pathlib import Path

import mobilenetv2

EXAMPLES = Path(mobilenetv2.__file__).parent / "examples"


def stated(model: mobilenetv2.Model) -> dict[str, float]:
    """The figures in a model's metadata, by name."""
    return {metric.name: metric.value for metric in model.checkpoint.metrics}
