"""How sizes to average over are written on the command line."""

import click


def read_scales(
    _: click.Context, parameter: click.Parameter, text: str | None
) -> tuple[float, ...] | None:
    """Numbers with commas between them, or None where the option was not given."""
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        rule = f"must be numbers with commas between them, got {text!r}"
        raise click.BadParameter(rule, param=parameter) from error
