"""`python -m mobilenetv2` is the command line."""

from mobilenetv2.cli import run

run()
