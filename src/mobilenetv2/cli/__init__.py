"""The command line: one thin file a command, each parse -> one library call -> print."""

import sys

import click

from mobilenetv2.errors import MobileNetV2Error

INTERRUPTED = 130
"""The shell's own number for a program that Ctrl-C ended."""


class Commands(click.Group):
    """The commands, each imported when it is asked for: `predict` must not wait for `train`."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Every command, in the order in which a user meets them."""
        return [
            "predict",
            "evaluate",
            "train",
            "convert",
            "quantize",
            "export",
            "benchmark",
            "models",
            "info",
            "paper",
        ]

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Import one command."""
        match name:
            case "predict":
                from mobilenetv2.cli.predict import predict

                return predict
            case "evaluate":
                from mobilenetv2.cli.evaluate import evaluate

                return evaluate
            case "train":
                from mobilenetv2.cli.train import train

                return train
            case "convert":
                from mobilenetv2.cli.convert import convert

                return convert
            case "benchmark":
                from mobilenetv2.cli.benchmark import benchmark

                return benchmark
            case "export":
                from mobilenetv2.cli.export import export

                return export
            case "quantize":
                from mobilenetv2.cli.quantize import quantize

                return quantize
            case "models":
                from mobilenetv2.cli.models import models

                return models
            case "info":
                from mobilenetv2.cli.info import info

                return info
            case "paper":
                from mobilenetv2.cli.paper import paper

                return paper
            case _:
                return None

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; our own errors become one line on stderr and exit status 1."""
        try:
            result: object = super().invoke(ctx)
        except MobileNetV2Error as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            sys.exit(INTERRUPTED)
        return result


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mobilenetv2")
def main() -> None:
    """MobileNetV2: label pictures, fine-tune on your own, import public weights with proof."""
