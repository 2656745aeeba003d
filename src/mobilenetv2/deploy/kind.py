"""What a checkpoint can become."""

from typing import Literal

from mobilenetv2.export.files import Format

Kind = Format | Literal["program"]
"""Another runtime's format, or a program file for our own engine."""
