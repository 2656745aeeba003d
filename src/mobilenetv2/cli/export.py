"""`mobilenetv2 export`: a model as a file of another runtime, with proof."""

from dataclasses import asdict
from pathlib import Path

import click
from rich.markup import escape

from mobilenetv2.cli.console import output, print_json
from mobilenetv2.cli.loading import open_checkpoint
from mobilenetv2.deploy.export import Deployment, deploy
from mobilenetv2.weights.checkpoint import describe


@click.command()
@click.argument("model")
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--verify/--no-verify",
    default=True,
    show_default=True,
    help="Run the file in onnxruntime, LiteRT, ncnn or our engine, and compare.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def export(model: str, target: Path, verify: bool, as_json: bool) -> None:
    r"""Write MODEL, a file or a known name, in the format that TARGET's suffix asks for.

    \b
    mobilenetv2 export objects objects.onnx
    mobilenetv2 export objects objects.tflite
    mobilenetv2 export objects objects.param     (ncnn, with objects.bin beside it)
    mobilenetv2 export objects objects.program   (our own engine, for the fastest start)
    """
    checkpoint = open_checkpoint(model)
    deployment = deploy(checkpoint, target, verify=verify)
    if as_json:
        print_json(_to_json(deployment))
        return
    console = output()
    console.print(f"[bold]{escape(model)}[/bold]: {describe(checkpoint.spec)}")
    console.print(f"  {escape(_proof(deployment))}", soft_wrap=True)
    for path in deployment.files:
        size = path.stat().st_size / 1e6
        console.print(f"[green]wrote[/green] {escape(str(path))} ({size:.1f} MB)", soft_wrap=True)


def _proof(deployment: Deployment) -> str:
    parity = deployment.parity
    if parity is None:
        return f"not compared: {deployment.unproved}"
    return (
        f"in {parity.runtime} {parity.version} on {parity.pictures} pictures: maximum error "
        f"{parity.max_error:.2e} ({parity.quantity}), {parity.relative_error:.1e} of the range; "
        f"same first class on {parity.agreement:.2%} of the {parity.agreement_of}"
    )


def _to_json(deployment: Deployment) -> dict[str, object]:
    parity = deployment.parity
    return {
        "format": deployment.format,
        "files": [str(path) for path in deployment.files],
        "max_error": parity.max_error if parity else None,
        "parity": asdict(parity) if parity else None,
        "unproved": deployment.unproved or None,
    }
