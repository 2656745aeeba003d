"""The command line: one thin file a command, each parse -> one library call -> print."""

import errno
import os
import sys
import traceback
from typing import NoReturn

import click
from click.exceptions import Exit

from mobilenetv2.cli.safe_text import safe
from mobilenetv2.cli.streams import open_closed_streams, told_of_full_streams, write_any_text
from mobilenetv2.errors import MobileNetV2Error
from mobilenetv2.reading import DEBUG_VARIABLE, UNEXPECTED, first_line, stopped_by

INTERRUPTED = 130
"""The shell's own number for a program that Ctrl-C ended."""


class Commands(click.Group):
    """The commands, each imported when it is asked for: `predict` must not wait for `train`."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Every command, in the order in which a user meets them."""
        return [
            "predict",
            "embed",
            "evaluate",
            "check",
            "shards",
            "train",
            "tune",
            "convert",
            "quantize",
            "export",
            "serve",
            "web",
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
            case "check":
                from mobilenetv2.cli.check import check

                return check
            case "shards":
                from mobilenetv2.cli.shards import shards

                return shards
            case "train":
                from mobilenetv2.cli.train import train

                return train
            case "tune":
                from mobilenetv2.cli.tune import tune

                return tune
            case "convert":
                from mobilenetv2.cli.convert import convert

                return convert
            case "benchmark":
                from mobilenetv2.cli.benchmark import benchmark

                return benchmark
            case "embed":
                from mobilenetv2.cli.embed import embed

                return embed
            case "export":
                from mobilenetv2.cli.export import export

                return export
            case "quantize":
                from mobilenetv2.cli.quantize import quantize

                return quantize
            case "serve":
                from mobilenetv2.cli.serve import serve

                return serve
            case "web":
                from mobilenetv2.cli.web import web

                return web
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
        """Run a command; errors become one line on stderr and exit status 1.

        With $MOBILENETV2_DEBUG set, the place where they were raised comes before that line.
        """
        try:
            result: object = super().invoke(ctx)
        except (click.ClickException, click.Abort, Exit):
            raise
        except MobileNetV2Error as error:
            raise _one_line(str(error)) from error
        except KeyboardInterrupt:
            _end_interrupted()
        except MemoryError as error:
            raise _one_line(f"memory ran out: {first_line(error)}") from error
        except OSError as error:
            if error.filename is None and error.errno == errno.ENOENT:
                raise _one_line(
                    "the working folder is gone: change into one that exists"
                ) from error
            if error.filename is None:  # stdout's, see `streams`
                raise
            raise _one_line(f"{error.filename}: {error.strerror}") from error
        except Exception as error:
            stop = stopped_by(error)
            if isinstance(stop, SystemExit):
                raise stop from None
            if stop is not None:
                _end_interrupted()
            raise _one_line(
                f"{type(error).__name__} ({first_line(error)}), {UNEXPECTED}. Please report it to "
                f"the authors with the command and with what {DEBUG_VARIABLE}=1 prints"
            ) from error
        return result


def _end_interrupted() -> NoReturn:
    click.echo("Interrupted.", err=True)
    sys.exit(INTERRUPTED)


def _one_line(message: str) -> click.ClickException:
    """What click prints for the exception that is being handled."""
    if os.environ.get(DEBUG_VARIABLE, "") not in ("", "0"):
        traceback.print_exc()
    return click.ClickException(safe(message))


def run() -> None:
    """The command line as the shell starts it."""
    open_closed_streams()
    write_any_text()
    with told_of_full_streams():
        main(prog_name="mobilenetv2")


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mobilenetv2")
def main() -> None:
    """MobileNetV2: label pictures, fine-tune on your own, import public weights with proof."""
