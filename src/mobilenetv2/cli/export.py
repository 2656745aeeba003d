"""`mobilenetv2 export`: a model as a file of another runtime, with proof."""

from dataclasses import asdict
from pathlib import Path

import click
from rich.markup import escape

from mobilenetv2.cli.console import output, print_json
from mobilenetv2.cli.loading import open_checkpoint, plain_name
from mobilenetv2.cli.number_range import NumberRange
from mobilenetv2.cli.streams import ended_by_signals
from mobilenetv2.deploy.export import Deployment, deploy
from mobilenetv2.export.interface import AS_IT_IS, Interface, Stored
from mobilenetv2.tasks.options import DEFAULTS, DETECTION_THRESHOLD, Options
from mobilenetv2.weights.checkpoint import describe

STORED = click.Choice(["float", "uint8", "int8"])
SHARE = NumberRange(0, 1)


@click.command()
@click.argument("model")
@click.argument("target", type=click.Path(path_type=Path), required=False)
@click.option(
    "--web", "site", type=click.Path(path_type=Path, file_okay=False),
    help="A folder for a web server in TARGET's place: a page, the engine for browsers, the model.",
)  # fmt: skip
@click.option(
    "--verify/--no-verify",
    default=True,
    show_default=True,
    help="Run the file in onnxruntime, LiteRT, ncnn or our engine, and compare.",
)
@click.option(
    "--input", "source", type=STORED, help="What the file takes.  [default: the network's own]"
)
@click.option("--output", "result", type=STORED, help="TFLite: what it gives.")
@click.option(
    "--detections", is_flag=True,
    help="TFLite detectors: boxes, classes, scores and their number instead of raw maps.",
)  # fmt: skip
@click.option(
    "--threshold", type=SHARE, show_default=str(DETECTION_THRESHOLD),
    help="With --detections: the score that a box must exceed.",
)  # fmt: skip
@click.option(
    "--nms", type=SHARE, default=DEFAULTS.nms, show_default=True,
    help="With --detections: how much boxes of a class may overlap.",
)  # fmt: skip
@click.option(
    "--max-detections", type=click.IntRange(min=1), default=DEFAULTS.max_detections,
    show_default=True, help="With --detections: how many boxes at most.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@ended_by_signals()
def export(
    model: str,
    target: Path | None,
    site: Path | None,
    verify: bool,
    source: str | None,
    result: str | None,
    detections: bool,
    threshold: float | None,
    nms: float,
    max_detections: int,
    as_json: bool,
) -> None:
    """Write MODEL, a file or a known name, in the format that TARGET's suffix asks for.

    \b
    mobilenetv2 export objects objects.onnx
    mobilenetv2 export objects objects.tflite
    mobilenetv2 export run/model.safetensors net.param   (ncnn, floats only; net.bin beside it)
    mobilenetv2 export objects objects.program   (our own engine: starts fast, runs in browsers)
    mobilenetv2 export cells cells.tflite --detections
    mobilenetv2 export cells --web public/   (a page that needs no server of ours)

    --input and --output choose the types of a network in integers: its stored integers as uint8
    or int8, or float. A network in real numbers takes and gives float.
    """
    options = Options(threshold=threshold, nms=nms, max_detections=max_detections)
    if not detections and options != DEFAULTS:
        raise click.UsageError(
            "--threshold, --nms and --max-detections are for files of boxes: add --detections"
        )
    if (target is None) == (site is None):
        raise click.UsageError("give a TARGET, or a folder with --web, one of them")
    interface = Interface(_stored(source), _stored(result), options if detections else None)
    if site is not None and interface != AS_IT_IS:
        raise click.UsageError("--input, --output and --detections are not for --web")
    checkpoint = open_checkpoint(model)
    if target is not None:
        deployment = deploy(checkpoint, target, verify=verify, interface=interface)
    elif site is not None:
        from mobilenetv2.web.site import Offer, write_site

        (deployment,) = write_site(site, [Offer(plain_name(model), checkpoint)], verify=verify)
    if as_json:
        print_json(_to_json(deployment))
        return
    console = output()
    console.print(f"[bold]{escape(model)}[/bold]: {describe(checkpoint.spec)}")
    console.print(f"  {escape(_proof(deployment))}", soft_wrap=True)
    if deployment.left_to_others:
        console.print(f"  {deployment.left_to_others}", soft_wrap=True, markup=False)
    for path in deployment.files:
        size = path.stat().st_size / 1e6
        console.print(f"[green]wrote[/green] {escape(str(path))} ({size:.1f} MB)", soft_wrap=True)
    if site is not None:
        console.print(f"{escape(str(site))} is ready for any web server", soft_wrap=True)


def _stored(name: str | None) -> Stored | None:
    match name:
        case None:
            return None
        case "uint8" | "int8":
            return name
        case _:
            return "float32"


def _proof(deployment: Deployment) -> str:
    parity = deployment.parity
    if parity is None:
        return f"not compared: {deployment.unproved}"
    return (
        f"in {parity.runtime} {parity.version} on {parity.pictures} pictures: maximum error "
        f"{parity.max_error:.2e} ({parity.quantity}), {parity.relative_error:.1e} of the range; "
        f"same {parity.first} on {parity.agreement:.2%} of the {parity.agreement_of}"
        + _answers(deployment)
    )


def _answers(deployment: Deployment) -> str:
    text = ""
    if deployment.answers is not None:
        answers = deployment.answers
        text += f"; same answers: {answers.same} of {answers.count} {answers.kind}"
    if deployment.exact is not None:
        text += f"; {deployment.exact:.3%} of the outputs' integers equal"
    if deployment.steps_apart:
        text += f", the furthest {deployment.steps_apart} of 255 steps apart"
    return text


def _to_json(deployment: Deployment) -> dict[str, object]:
    parity = deployment.parity
    return {
        "format": deployment.format,
        "files": [str(path) for path in deployment.files],
        "max_error": parity.max_error if parity else None,
        "parity": asdict(parity) if parity else None,
        "answers": asdict(deployment.answers) if deployment.answers else None,
        "exact": deployment.exact,
        "steps_apart": deployment.steps_apart,
        "unproved": deployment.unproved or None,
        "left_to_others": deployment.left_to_others or None,
    }
