"""Table 5: SSD's head against SSDLite's, both on MobileNetV2."""

from dataclasses import dataclass

from mobilenetv2.network.count import analyze
from mobilenetv2.network.spec import SSD, Spec, SSDLite
from mobilenetv2.paper.cells import Comparison, count_cell

SIZE = (320, 320)


@dataclass(frozen=True, slots=True)
class HeadCost:
    """Extra layers and predictors, without the backbone."""

    parameters: int
    """All that trains."""
    madds: int


def table_5() -> Comparison:
    """Parameters and MAdds of both heads, 80 classes and the background, at 320 pixels."""
    ssd, lite = head_cost(SSD(80)), head_cost(SSDLite(80))
    counted = "extra layers and predictors alone, 81 logits an anchor, at 320 pixels"
    return Comparison(
        "Table 5: SSD and SSDLite", "6.2",
        (
            count_cell("SSD", "params", "14.8M", ssd.parameters, how=counted),
            count_cell("SSD", "MAdds", "1.25B", ssd.madds, how=f"{counted}; cut"),
            count_cell("SSDLite", "params", "2.1M", lite.parameters, how=counted),
            count_cell(
                "SSDLite", "MAdds", "0.35B", lite.madds, how=counted,
                why=f"twice ours is {2 * lite.madds / 1e9:.3f}B: multiplications and additions "
                "seem to be counted apart in this one cell. On top of the backbone's 0.61B it "
                "would also contradict the 0.8B of Table 6",
            ),
        ),
    )  # fmt: skip


def head_cost(head: SSD | SSDLite, size: tuple[int, int] = SIZE) -> HeadCost:
    """What a detector's graph costs beyond its backbone."""
    layers = [
        layer
        for layer in analyze(Spec(head=head, size=size)).layers
        if layer.name.startswith(("box", "class", "extra"))
    ]
    return HeadCost(sum(layer.parameters for layer in layers), sum(layer.madds for layer in layers))
