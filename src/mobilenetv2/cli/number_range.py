"""Numbers within a range, of which "nan" is none: it is neither below a bound nor above."""

from math import isnan

import click


class NumberRange(click.FloatRange):
    """As click's, without what compares with nothing."""

    def convert(
        self, value: float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """A number of the range.

        Raises:
            click.BadParameter: no number, or outside.
        """
        number = float(super().convert(value, param, ctx))
        if isnan(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number
