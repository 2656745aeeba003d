"""`python -m mobilenetv2` is the command line."""

from mobilenetv2.cli import main

main(prog_name="mobilenetv2")
