"""What happens to the numbers of one block, drawn from a real network: `docs/quantization.md`.

python benchmarks/quantization_picture.py MODEL PICTURES OUT.svg [--block block2] [--most 60]
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mobilenetv2.calibration.calibrate import Calibrated, Stages, calibrate
from mobilenetv2.calibration.integers import lost_mean
from mobilenetv2.calibration.observe import MapStatistics, every_map_runner, observe_channels
from mobilenetv2.calibration.rounding import nearest
from mobilenetv2.model import Model, load_checkpoint
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Conv, Graph
from mobilenetv2.paper.draw import style
from mobilenetv2.quantization.pictures import prepare_all
from mobilenetv2.tasks.find_pictures import find_pictures
from mobilenetv2.tasks.pixels import pixel_values
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.fold import fold_checkpoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Block:
    """A block of a network in both kinds of numbers."""

    name: str
    graph: Graph
    found: Calibrated
    before: dict[str, MapStatistics]
    """Of every map before equalization."""
    after: dict[str, MapStatistics]

    def conv(self, part: str) -> Conv:
        """One of its convolutions."""
        conv = self.graph.by_name[f"{self.name}.{part}"]
        if not isinstance(conv, Conv):
            raise TypeError(f"{conv.name} is a convolution")
        return conv

    def maps(self) -> list[tuple[str, str]]:
        """(what made it, its node's name) in order, from what comes in."""
        expand = self.conv("expand")
        last = f"{self.name}.add"
        parts = [("comes in", expand.source), ("expand, ReLU6", expand.name)]
        parts += [
            ("depthwise, ReLU6", f"{self.name}.depthwise"),
            ("project", f"{self.name}.project"),
        ]
        return parts + ([("add", last)] if last in self.graph.by_name else [])


def observe(checkpoint: Checkpoint, pictures: list[np.ndarray]) -> dict[str, MapStatistics]:
    """Channel by channel what every map holds."""
    values = pixel_values(checkpoint.preprocessing)
    run = every_map_runner(build(checkpoint.spec), checkpoint.weights, values)
    return observe_channels(run, pictures, lambda: None)


def draw_maps(axes: "Axes", block: Block) -> None:
    """Each map's range in floats, and the bytes that hold it."""
    axes.axis("off")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    maps = block.maps()
    width = 1 / len(maps)
    for index, (made, name) in enumerate(maps):
        left, affine = index * width, block.found.quantization.activations[name]
        statistics, channels = block.after[name], block.graph.by_name[name].shape.channels
        low, high = statistics.low.min(), statistics.high.max()
        ends = [affine.scale * (end - affine.zero_point) for end in (0, 255)]
        middle = left + width * 0.46
        axes.text(middle, 0.93, made, ha="center", fontsize=9.5, color=style.INK, weight="bold")
        axes.text(middle, 0.80, f"{channels} channels", ha="center", fontsize=8.5, color=style.SOFT)
        for row, (text, color) in enumerate(
            ((f"{low:.2f} .. {high:.2f}", style.ORANGE), ("0 .. 255", style.BLUE))
        ):
            y = 0.52 - 0.26 * row
            box = {"boxstyle": "round,pad=0.45", "facecolor": "white", "edgecolor": color}
            axes.text(middle, y, text, ha="center", va="center", fontsize=9, color=color, bbox=box)
        axes.text(
            middle, 0.05, f"step {affine.scale:.4f}, 0 is {affine.zero_point}\n"
            f"holds {ends[0]:.2f} .. {ends[1]:.2f}",
            ha="center", fontsize=8, color=style.SOFT,
        )  # fmt: skip
        if index + 1 < len(maps):
            for y in (0.52, 0.26):
                axes.annotate(
                    "", (left + width * 1.14, y), (left + width * 0.80, y),
                    arrowprops={"arrowstyle": "->", "color": style.GREY},
                )  # fmt: skip
    style.title(
        axes,
        "Maps: floats (orange) and bytes (blue), one step for all channels of a map; "
        "weights: int8, a step a kernel",
    )


def draw_equalization(axes: "Axes", block: Block) -> None:
    """How far each channel of the expanded map reaches, before and after."""
    name = block.conv("expand").name
    order = np.argsort(-block.before[name].reach)
    for statistics, color, label in (
        (block.before, style.GREY, "as trained"),
        (block.after, style.BLUE, "equalized"),
    ):
        reach = statistics[name].reach[order]
        axes.plot(np.where(reach > 0, reach, np.nan), color=color, label=label, lw=1.5)
    axes.axhline(6, color=style.ORANGE, lw=1)
    axes.text(len(order), 6.4, "ReLU6's bound", ha="right", fontsize=8, color=style.ORANGE)
    axes.set_yscale("log")
    axes.set_ylim(0.5, 10)
    axes.set_yticks([0.5, 1, 2, 5, 10], ["0.5", "1", "2", "5", "10"])
    axes.minorticks_off()
    axes.set_xlabel("channel, the largest first")
    axes.set_ylabel("largest value")
    axes.legend(fontsize=8, frameon=False)
    style.plain_axes(axes)
    style.title(axes, "Equalize")


def draw_rounding(axes: "Axes", block: Block) -> None:
    """One depthwise kernel's nine weights, rounded to the nearest and in turn."""
    conv = block.conv("depthwise")
    weight = block.found.real.weights[f"{conv.name}.weight"]
    integers = block.found.quantization.convs[conv.name]
    covariance = block.found.moments[conv.name].covariance
    steps = (weight / integers.scale[:, None, None, None]).reshape(len(weight), -1)
    both = {
        "nearest": nearest(weight, integers.scale).reshape(steps.shape),
        "in turn": integers.weight.reshape(steps.shape),
    }
    noise = {
        name: np.einsum("ci,cij,cj->c", steps - stored, covariance, steps - stored)
        for name, stored in both.items()
    }
    gain = np.log(noise["nearest"] + 1e-12) - np.log(noise["in turn"] + 1e-12)
    moved = (both["nearest"] != both["in turn"]).sum(1)
    channel = int(
        np.argmax(
            np.where((moved >= 2) & (noise["nearest"] > np.median(noise["nearest"])), gain, -9)
        )
    )
    places = np.arange(steps.shape[1])
    for shift, (name, color) in zip(
        (-0.16, 0.16), zip(both, (style.GREY, style.BLUE), strict=True), strict=True
    ):
        error = both[name][channel] - steps[channel]
        label = f"{name}: output errs by {np.sqrt(noise[name][channel]):.1f} steps"
        axes.bar(places + shift, error, 0.3, color=color, label=label)
    axes.axhline(0, color=style.LINE)
    axes.set_ylim(-1.05, 1.6)
    axes.set_xticks(places, [f"{value:.1f}" for value in steps[channel]], rotation=45)
    axes.set_xlabel("weight of one depthwise kernel, steps")
    axes.set_ylabel("rounded up by, steps")
    axes.legend(fontsize=8, frameon=False, loc="upper left")
    style.plain_axes(axes)
    style.title(axes, "Round in turn")


def draw_biases(axes: "Axes", block: Block) -> None:
    """By how much each channel's mean is moved by rounding, and what the bias takes up."""
    conv = block.conv("depthwise")
    weight = block.found.real.weights[f"{conv.name}.weight"]
    integers = block.found.quantization.convs[conv.name]
    moments = block.found.moments[conv.name]
    step = block.found.quantization.activations[conv.name].scale
    lost = np.sort(lost_mean(weight, integers.weight, integers.scale, moments) / step)
    half = (
        integers.scale.astype(np.float64)
        * block.found.quantization.activations[conv.source].scale / step / 2
    )  # fmt: skip
    axes.bar(np.arange(len(lost)), lost, 1.0, color=style.GREY, label="by rounded weights")
    axes.bar(np.arange(len(lost)), half, 1.0, color=style.BLUE, label="left by the bias, at most")
    axes.set_xlabel("channel of the depthwise map, in order")
    axes.set_ylabel("mean moved by, bytes")
    axes.legend(fontsize=8, frameon=False, loc="upper left")
    style.plain_axes(axes)
    style.title(axes, "Correct biases")


def main() -> None:
    """Draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("pictures", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--block", default="block2")
    parser.add_argument("--most", type=int, default=60)
    chosen = parser.parse_args()
    checkpoint = fold_checkpoint(load_checkpoint(chosen.model))
    paths = find_pictures(chosen.pictures)[: chosen.most]
    pictures, _ = prepare_all(Model(checkpoint), paths, lambda: None)
    found = calibrate(checkpoint, pictures, lambda: None, Stages())
    before, after = observe(checkpoint, pictures), observe(found.real, pictures)
    block = Block(chosen.block, build(checkpoint.spec), found, before, after)
    figure = style.new_figure(10.5, 6.2)
    grid = figure.add_gridspec(2, 3, height_ratios=(0.9, 1.25))
    draw_maps(figure.add_subplot(grid[0, :]), block)
    for column, draw in enumerate((draw_equalization, draw_rounding, draw_biases)):
        draw(figure.add_subplot(grid[1, column]), block)
    style.save(figure, chosen.out)


if __name__ == "__main__":
    main()
