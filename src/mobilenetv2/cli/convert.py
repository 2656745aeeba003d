"""`mobilenetv2 convert`: import a foreign weight file, with proof."""

from dataclasses import asdict
from itertools import dropwhile, takewhile
from pathlib import Path

import click
from rich.markup import escape

from mobilenetv2.catalog.labels import without_numbers
from mobilenetv2.cli.console import output, print_json
from mobilenetv2.cli.data_report import tell_warnings
from mobilenetv2.cli.streams import ended_by_signals
from mobilenetv2.datasets.bare_pictures import bare_pictures, masks_told
from mobilenetv2.deploy.convert import Conversion
from mobilenetv2.deploy.convert import convert as convert_weights
from mobilenetv2.deploy.pixels import Pixels
from mobilenetv2.errors import CheckpointError, ImageError, SpecError
from mobilenetv2.parity.compare import LayerParity, Parity
from mobilenetv2.preprocessing import Fit, Interpolation
from mobilenetv2.reading import as_text
from mobilenetv2.weights.checkpoint import describe
from mobilenetv2.weights.folder import model_file
from mobilenetv2.weights.store import Precision

FILE = click.Path(path_type=Path)


@click.command()
@click.argument("source", type=FILE)
@click.argument("target", type=FILE, required=False)
@click.option("--out", type=FILE, help="The same as TARGET.  [default: SOURCE's name .safetensors]")
@click.option("--labels", type=FILE, help="A text file, one label a line, to the first blank one.")
@click.option("--license", "license_text", help="Of the weights, if the file does not say.")
@click.option(
    "--precision",
    type=click.Choice(["float16", "float32"]),
    help="Of the weights on disk.  [default: a quantised file's own integers, else float32]",
)
@click.option(
    "--mean",
    metavar="M or R,G,B",
    help="Subtracted from pixel values in 0..1.  [default: what the file says, else assumed]",
)
@click.option(
    "--std",
    metavar="S or R,G,B",
    help="What is left is divided by it, in 0..1: with --mean 0 --std 1 a pixel is v / 255.",
)
@click.option("--fit", type=click.Choice(["crop", "squash", "pad"]), help="Of pictures.")
@click.option("--interpolation", type=click.Choice(["bilinear", "bicubic", "nearest"]))
@click.option(
    "--multi-label",
    is_flag=True,
    help="A classifier's logits are labels of which a picture has none, one or several.",
)
@click.option("--pictures", type=FILE, help="Compare on the pictures in this folder.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@ended_by_signals()
def convert(
    source: Path,
    target: Path | None,
    out: Path | None,
    labels: Path | None,
    license_text: str | None,
    precision: Precision | None,
    mean: str | None,
    std: str | None,
    fit: Fit | None,
    interpolation: Interpolation | None,
    multi_label: bool,
    pictures: Path | None,
    as_json: bool,
) -> None:
    """Import SOURCE (TFLite, ONNX, torch, safetensors or Keras) as a checkpoint of ours.

    A folder stands for the model.safetensors in it.

    Width, classes, padding, epsilon and layouts are found from the file. Where the file's own
    runtime is installed, both are run on pictures and the largest difference is printed.
    """
    destination = target or out or Path(f"{source.stem}.safetensors")
    source = model_file(source)
    if destination.resolve() == source.resolve():
        raise CheckpointError(f"{source} would be overwritten; name another target with --out")
    conversion = convert_weights(
        source,
        destination,
        labels=_read_labels(labels) if labels else None,
        license_text=license_text,
        precision=precision,
        pictures=_find(pictures) if pictures else (),
        pixels=Pixels(_three("--mean", mean), _three("--std", std), fit, interpolation),
        multi_label=multi_label,
    )
    if as_json:
        print_json(_to_json(conversion))
    else:
        _print(conversion)


def _three(option: str, text: str | None) -> tuple[float, float, float] | None:
    """One number for all channels, or three."""
    if text is None:
        return None
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) not in (1, 3):
        raise SpecError(f"{option} must be one number or three with commas, got {text!r}")
    red, green, blue = values * (3 // len(values))
    return red, green, blue


def _read_labels(path: Path) -> tuple[str, ...]:
    try:
        lines = as_text(path.read_bytes()).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path} must be a text file of labels: {error}") from error
    # What follows a blank line is a note, as in the list that comes with VOC's networks.
    named = dropwhile(lambda line: not line, (line.strip() for line in lines))
    return without_numbers(tuple(takewhile(bool, named)))


def _find(folder: Path) -> list[Path]:
    found = bare_pictures(folder).paths if folder.is_dir() else []
    if not found:
        raise ImageError(f"{folder} must be a folder with at least one picture")
    tell_warnings(masks_told(folder))
    return [*found]


def _print(conversion: Conversion) -> None:
    foreign, console = conversion.foreign, output()
    console.print(f"[bold]{escape(foreign.format)}[/bold]: {describe(foreign.checkpoint.spec)}")
    for note in foreign.notes:
        console.print(f"  {escape(note)}", soft_wrap=True)
    if conversion.parity:
        console.print(f"  {_in_words(conversion.parity)}", soft_wrap=True)
    elif conversion.unproved:
        console.print(f"  not compared: {escape(conversion.unproved)}", soft_wrap=True)
    size = conversion.target.stat().st_size / 1e6
    console.print(f"[green]wrote[/green] {escape(str(conversion.target))} ({size:.1f} MB)")


def _in_words(parity: Parity) -> str:
    text = (
        f"against {parity.runtime} {parity.version} on {parity.pictures} pictures: maximum error "
        f"{parity.max_error:.2e}, mean {parity.mean_error:.2e} ({parity.quantity}), "
        f"{parity.relative_error:.1e} of the range; same {parity.first} on {_share(parity)}"
    )
    if parity.layers:
        text += "; " + _layers_in_words(parity.layers)
    if parity.unchecked:
        text += f"; not compared: {parity.unchecked}"
    return text


def _layers_in_words(layers: LayerParity) -> str:
    if layers.exact is None:
        return (
            f"layer by layer ({layers.layers} convolutions) at most {layers.max_steps:.2f} "
            f"quantisation steps, {layers.within_one_step:.2%} within one"
        )
    return (
        f"layer by layer ({layers.layers} layers in integers) at most {layers.max_steps:.0f} "
        f"steps, {layers.within_one_step:.3%} within one, {layers.exact:.3%} the same"
    )


def _share(parity: Parity) -> str:
    if parity.agreement_of == "pictures":
        return f"{parity.agreement:.0%}"
    return f"{parity.agreement:.2%} of the {parity.agreement_of}"


def _to_json(conversion: Conversion) -> dict[str, object]:
    foreign, parity = conversion.foreign, conversion.parity
    return {
        "format": foreign.format,
        "network": describe(foreign.checkpoint.spec),
        "notes": list(foreign.notes),
        "target": str(conversion.target),
        "max_error": parity.max_error if parity else None,
        "parity": asdict(parity) if parity else None,
        "unproved": conversion.unproved or None,
    }
