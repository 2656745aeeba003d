"""Finds the spec of a segmenter, Mobile DeepLabv3, from the shapes of its convolutions."""

from dataclasses import replace
from itertools import count, takewhile

from mobilenetv2.errors import CheckpointError, GraphError, SpecError
from mobilenetv2.network.spec import Backbone, DeepLab, Spec
from mobilenetv2.weights.infer import Conventions, Shapes, fit, shape_of, spec_of, weights_of

PUBLISHED_RATES = (6, 12, 18)
"""At output stride 16; doubled at 8."""


def infer_segmenter(
    shapes: Shapes,
    conventions: Conventions,
    output_stride: int = 16,
    aspp_rates: tuple[int, ...] | None = None,
) -> Spec:
    """The Mobile DeepLabv3 on a MobileNetV2 whose convolution weights have these shapes.

    Args:
        shapes: `<node>.weight` -> [out, in / groups, height, width], under our own node names
            (`stem` ... `aspp.image`, `aspp.point`, `aspp.atrous0` ..., `logits`); other arrays
            are ignored.
        conventions: what the caller knows from elsewhere.
        output_stride: 8, 16 or 32; shapes do not tell.
        aspp_rates: dilations of the atrous branches, one each; None for the published ones.

    Raises:
        CheckpointError: the shapes are not those of such a network, or the rates do not fit it.
    """
    weights = weights_of(shapes)
    branches = sum(1 for _ in takewhile(lambda i: f"aspp.atrous{i}.weight" in weights, count()))
    if aspp_rates is None and branches in (0, len(PUBLISHED_RATES)):
        aspp_rates = tuple(rate * 16 // output_stride for rate in PUBLISHED_RATES[:branches])
    if aspp_rates is None or len(aspp_rates) != branches:
        raise CheckpointError(
            f"the file has {branches} atrous branches, so it needs as many aspp_rates, "
            f"got {aspp_rates}"
        )
    channels = shape_of(weights, "aspp.point")[0]
    head = DeepLab(shape_of(weights, "logits")[0], aspp_rates, channels)

    def specs(backbone: Backbone, width: float) -> tuple[Spec]:
        spec = spec_of(backbone, width, head, conventions)
        return (replace(spec, output_stride=output_stride),)

    try:
        return fit(weights, specs, "segmenter")
    except (SpecError, GraphError) as error:
        raise CheckpointError(f"not a MobileNetV2 segmenter that can be built: {error}") from error
