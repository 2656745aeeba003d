"""`mobilenetv2 info`: a network as a table, before or after it has weights."""

from dataclasses import asdict
from typing import Literal, assert_never, get_args

import click
from rich.console import Group
from rich.markup import escape
from rich.table import Table

from mobilenetv2.cli.console import output, print_json
from mobilenetv2.cli.head_facts import head_facts, head_lines
from mobilenetv2.cli.loading import open_checkpoint
from mobilenetv2.cli.memory_plan import memory_json, memory_table, planned
from mobilenetv2.errors import SpecError
from mobilenetv2.network.count import Analysis, analyze
from mobilenetv2.network.spec import (
    SSD,
    Backbone,
    Classifier,
    DeepLab,
    Embedding,
    Head,
    MobileNetV1,
    MobileNetV2,
    Padding,
    ResNet101,
    Spec,
    SSDLite,
    with_expansion,
)
from mobilenetv2.weights.checkpoint import Checkpoint, describe
from mobilenetv2.weights.plain import to_plain

HeadName = Literal["classifier", "embedding", "ssd", "ssdlite", "deeplab", "deeplab-aspp"]
LABELS_SHOWN = 8
BACKBONES = ("mobilenetv2", "mobilenetv1", "resnet101")


@click.command()
@click.argument("model", required=False)
@click.option("--model", "named", help="The same as MODEL.")
@click.option("--width", type=float, default=1.0, show_default=True, help="Width multiplier.")
@click.option("--size", metavar="S or HxW", help="Input in pixels.  [default: by head]")
@click.option(
    "--head", type=click.Choice(get_args(HeadName)), default="classifier", show_default=True
)
@click.option("--classes", type=int, help="Of the head.  [default: by head]")
@click.option("--output-stride", type=click.Choice(["8", "16", "32"]), help="[default: by head]")
@click.option("--backbone", type=click.Choice(BACKBONES), default="mobilenetv2", show_default=True)
@click.option("--expansion", type=click.IntRange(1, 10), default=6, show_default=True)
@click.option(
    "--padding", type=click.Choice(["tensorflow", "torch"]), default="tensorflow", show_default=True
)
@click.option("--memory", is_flag=True, help="The engine's memory plan instead, step by step.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
def info(
    model: str | None,
    named: str | None,
    width: float,
    size: str | None,
    head: HeadName,
    classes: int | None,
    output_stride: str | None,
    backbone: str,
    expansion: int,
    padding: Padding,
    memory: bool,
    as_json: bool,
) -> None:
    """Layers, multiply-adds, parameters and memory of MODEL, or of a network given by options.

    \b
    mobilenetv2 info objects
    mobilenetv2 info --width 0.35 --size 96
    mobilenetv2 info --head ssdlite --size 320
    mobilenetv2 info --memory
    """
    wanted = model or named
    checkpoint = open_checkpoint(wanted) if wanted else None
    if checkpoint:
        spec = checkpoint.spec
    else:
        built = _head(head, classes, int(output_stride or _default_stride(head)))
        spec = Spec(
            backbone=_backbone(backbone, expansion),
            head=built,
            width=width,
            size=_size(size, head),
            output_stride=int(output_stride or _default_stride(head)),
            padding=padding,
        )
    if memory:
        graph, program = planned(spec, checkpoint.quantization if checkpoint else None)
        if as_json:
            print_json(memory_json(graph, program))
        else:
            output().print(memory_table(graph, program))
        return
    analysis = analyze(spec)
    if as_json:
        print_json(_to_json(spec, analysis, checkpoint))
    else:
        output().print(_tables(spec, analysis, checkpoint))


def _head(name: HeadName, classes: int | None, output_stride: int) -> Head:
    rates = (6, 12, 18) if output_stride >= 16 else (12, 24, 36)
    match name:
        case "ssd":
            return SSD(classes or 80)
        case "ssdlite":
            return SSDLite(classes or 80)
        case "deeplab":
            return DeepLab(classes or 21)
        case "deeplab-aspp":
            return DeepLab(classes or 21, rates)
        case "embedding":
            return Embedding()
        case "classifier":
            return Classifier(classes or 1000)
        case _:
            assert_never(name)


def _backbone(name: str, expansion: int) -> Backbone:
    match name:
        case "mobilenetv1":
            return MobileNetV1()
        case "resnet101":
            return ResNet101()
        case _:
            return with_expansion(MobileNetV2(), expansion)


def _default_stride(head: str) -> int:
    return 16 if head.startswith("deeplab") else 32


def _size(text: str | None, head: str) -> tuple[int, int]:
    if text is None:
        side = {"classifier": 224, "embedding": 224, "ssd": 320, "ssdlite": 320}.get(head, 513)
        return side, side
    parts = text.lower().split("x")
    if len(parts) > 2 or not all(part.isdecimal() for part in parts):
        raise SpecError(f"--size must be a number or HEIGHTxWIDTH in pixels, got {text!r}")
    return int(parts[0]), int(parts[-1])


def _to_json(spec: Spec, analysis: Analysis, checkpoint: Checkpoint | None) -> dict[str, object]:
    result: dict[str, object] = {
        "description": describe(spec),
        "head": head_facts(spec),
        "madds": analysis.madds,
        "parameters": analysis.parameters.trainable,
        "weights": analysis.parameters.kernels,
        "madds_tfprof": analysis.madds_tfprof,
        "parameter_conventions": asdict(analysis.parameters),
        "memory": asdict(analysis.memory),
        "spec": to_plain(spec),
        "layers": [asdict(layer) | {"shape": list(layer.shape)} for layer in analysis.layers],
    }
    if checkpoint:
        for name in ("labels", "preprocessing", "metrics", "provenance", "license"):
            result[name] = to_plain(getattr(checkpoint, name))
        result["quantized"] = checkpoint.quantization is not None
    return result


def _tables(spec: Spec, analysis: Analysis, checkpoint: Checkpoint | None) -> Group:
    layers = Table(box=None, pad_edge=False, title=describe(spec), title_justify="left")
    for column in ("layer", "kind"):
        layers.add_column(column)
    for column in ("height", "width", "channels", "stride", "dilation", "MAdds", "parameters"):
        layers.add_column(column, justify="right")
    for layer in analysis.layers:
        layers.add_row(
            layer.name,
            layer.kind,
            *map(str, layer.shape),
            str(layer.stride) if layer.madds else "",
            str(layer.dilation) if layer.madds else "",
            f"{layer.madds:,}" if layer.madds else "",
            f"{layer.parameters:,}" if layer.parameters else "",
        )
    return Group(layers, "", _head_table(spec), "", _totals(analysis), *_about(checkpoint))


def _head_table(spec: Spec) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(style="bold", overflow="fold")
    table.add_column(style="dim")
    for line in head_lines(spec):
        table.add_row(*line)
    return table


def _totals(analysis: Analysis) -> Table:
    counts, memory = analysis.parameters, analysis.memory
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right", style="bold")
    table.add_column(style="dim")
    table.add_row("multiply-adds", f"{analysis.madds:,}", "convolutions alone")
    table.add_row("parameters", f"{counts.trainable:,}", "all that trains")
    table.add_row("", f"{counts.folded:,}", "batch norm folded into biases")
    table.add_row("", f"{counts.kernels_and_biases:,}", "kernels and biases, no batch norm")
    table.add_row("weights", f"{counts.kernels:,}", "kernels alone")
    table.add_row("activations", f"{memory.op_by_op:,}", f"op by op, most at {memory.op_by_op_at}")
    table.add_row("", f"{memory.fused:,}", f"block as one step, most at {memory.fused_at}")
    return table


def _about(checkpoint: Checkpoint | None) -> list[str]:
    if checkpoint is None:
        return []
    named = ", ".join(checkpoint.labels[:LABELS_SHOWN])
    more = len(checkpoint.labels) - LABELS_SHOWN
    named = f"labels   {escape(named)}" + (f" and {more:,} more" if more > 0 else "")
    lines = ["", *([named] if checkpoint.labels else [])]
    height, width = checkpoint.preprocessing.size
    preprocessing = checkpoint.preprocessing
    lines.append(f"input    {height}x{width} pixels, fit by {preprocessing.fit}")
    mean, std = (
        ", ".join(f"{value:.4g}" for value in values)
        for values in (preprocessing.mean, preprocessing.std)
    )
    lines.append(f"pixels   (v / 255 - mean) / std, mean {mean}, std {std}")
    if preprocessing.stretch:
        lines.append(
            "         grey of 16 bits is stretched from its darkest to its brightest value"
        )
    if checkpoint.quantization is not None:
        lines.append("numbers  integers of 8 bits, weights and maps")
    lines.append(f"source   {escape(checkpoint.provenance.source)}")
    lines += [f"         {escape(step)}" for step in checkpoint.provenance.history]
    lines.append(f"license  {escape(checkpoint.license)}")
    lines += [
        f"metric   {metric.name} {metric.value:.4f} on {metric.data} "
        f"({metric.split}, {metric.count} pictures)"
        for metric in checkpoint.metrics
    ]
    return lines
