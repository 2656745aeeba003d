"""`mobilenetv2 quantize`: a float model in integers of 8 bits, with what it costs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Table

from mobilenetv2.cli.console import counting, messages, output, print_json
from mobilenetv2.cli.data_report import tell_warnings
from mobilenetv2.cli.loading import open_checkpoint
from mobilenetv2.cli.mask_options import mask_options
from mobilenetv2.cli.number_range import NumberRange
from mobilenetv2.cli.streams import ended_by_signals
from mobilenetv2.datasets.declared_masks import DeclaredMasks
from mobilenetv2.errors import CheckpointError, QuantizationError
from mobilenetv2.network.spec import Embedding
from mobilenetv2.weights.folder import model_file
from mobilenetv2.weights.store import check_target

if TYPE_CHECKING:
    from mobilenetv2.quantization import Proof, Quantized

PATH = click.Path(path_type=Path)


@click.command()
@click.argument("model")
@click.option(
    "--pictures",
    required=True,
    type=PATH,
    help="A folder of unlabeled pictures of the kind that the model is for: 100 to 500.",
)
@click.option("--data", type=PATH, help="Labeled pictures to judge by, as evaluate takes them.")
@click.option("--split", help="A part of --data.")
@mask_options("Segmenter, for --data")
@click.option("--out", type=PATH, help="[default: MODEL's name .int8.safetensors, here]")
@click.option(
    "--max-loss",
    default=1.0,
    type=NumberRange(-100, 100),
    show_default=True,
    help="Points of the task's metric beyond which nothing is written.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
@ended_by_signals()
def quantize(
    model: str,
    pictures: Path,
    data: Path | None,
    split: str | None,
    declared: DeclaredMasks,
    out: Path | None,
    max_loss: float,
    as_json: bool,
) -> None:
    """Turn MODEL, a float file or a known name, into integers of 8 bits.

    Calibrates on --pictures and compares floats with integers on pictures it did not see: those
    of --data, or a fifth of --pictures. Exit status 1 when the loss is beyond --max-loss.

    For example: mobilenetv2 quantize run/model.safetensors --pictures photos/ --data test/
    """
    from mobilenetv2.quantization import quantize as find_integers
    from mobilenetv2.quantization.pictures import ENOUGH

    said = [*declared.options(), *(["--split"] if split else [])]
    if said and data is None:
        raise click.UsageError(f"--data is missing, to which {', '.join(said)} belong")
    target = out or Path(f"{Path(model).stem}.int8.safetensors")
    _check_target(target, model)
    found = find_integers(
        open_checkpoint(model),
        pictures,
        data=data,
        split=split,
        masks=declared.folder,
        labels=declared.labels,
        colors=declared.colors,
        ignore=declared.ignore,
        max_loss=max_loss,
        progress=counting,
    )
    if found.calibrated_on < ENOUGH:
        messages().print(
            f"{found.calibrated_on} pictures are few to calibrate on: ranges and means settle "
            f"with {ENOUGH} to 500.",
            soft_wrap=True,
        )
    if not found.proof.answers:
        messages().print(
            "Neither floats nor integers find anything in these pictures: they prove nothing. "
            "Give pictures with what the model is for, or --data.",
            soft_wrap=True,
        )
    tell_warnings(found.notes)
    for _, why in found.unreadable:
        messages().print(f"[yellow]left out:[/yellow] {escape(why)}", soft_wrap=True)
    written = _save(found, target)
    if as_json:
        print_json(found.to_json() | {"out": str(target) if written else None})
    else:
        _print(model, found)
        if written:
            size = target.stat().st_size / 1e6
            output().print(f"[green]wrote[/green] {escape(str(target))} ({size:.1f} MB)")
    if not written:
        sys.exit(1)


def _check_target(target: Path, model: str) -> None:
    """Refuse before the work what could not, or should not, be written after it."""
    if target.resolve() == model_file(Path(model)).resolve():
        raise CheckpointError(
            f"{target} would lose its floats to the integers; name another file with --out"
        )
    check_target(target)


def _save(found: "Quantized", target: Path) -> bool:
    try:
        found.save(target)
    except QuantizationError as error:
        messages().print(f"[red]error:[/red] {escape(str(error))}", soft_wrap=True)
        return False
    return True


def _print(model: str, found: "Quantized") -> None:
    proof, console = found.proof, output()
    console.print(
        f"[bold]{escape(model)}[/bold] in 8 bits, calibrated on {found.calibrated_on} pictures "
        f"(set {found.fingerprint})",
        soft_wrap=True,
    )
    console.print(_figures(proof))
    low, high = proof.loss_interval
    kind = "loss" if proof.real else "loss that the float network's own probabilities expect"
    same = f"{proof.agreement:.2%} of the answers on {proof.pictures} pictures agree"
    if isinstance(found.checkpoint.spec.head, Embedding):
        kind = "what it lacks of 1"
        same = f"cosine of both features on {proof.pictures} pictures {proof.agreement:.4f}"
    console.print(
        f"{same}; {kind} {proof.loss:.2f} points, 95 % interval {low:.2f} .. {high:.2f}",
        soft_wrap=True,
    )
    if proof.steps:
        console.print("", _steps(proof), f"Worst: {', '.join(proof.worst)}", sep="\n")


def _figures(proof: "Proof") -> Table:
    table = Table(box=None, pad_edge=False, show_header=proof.real is not None)
    table.add_column("")
    if proof.real is None or proof.integers is None:
        return table
    for name in ("float", "int8", "loss"):
        table.add_column(name, justify="right")
    first, second = proof.real.to_json(), proof.integers.to_json()
    for name in ("top1", "top5", "mean_class_accuracy", "map", "f1", "ap", "ap50", "ap75",
                 "mean_iou", "pixel_accuracy"):  # fmt: skip
        before, after = first.get(name), second.get(name)
        if isinstance(before, float) and isinstance(after, float):
            values = (100 * before, 100 * after, 100 * (before - after))
            table.add_row(name, *(f"{value:.2f}" for value in values))
    return table


def _steps(proof: "Proof") -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("step")
    for name in ("map, dB", "answers without it, dB", "gain without it, points"):
        table.add_column(name, justify="right")
    for step in proof.steps:
        gain = "" if step.gain is None else f"{step.gain:+.2f}"
        values = (f"{step.snr:.1f}", f"{step.answer_snr:.1f}", gain)
        table.add_row(escape(step.name), *values)
    return table
