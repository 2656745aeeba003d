"""Whether a model has learnt from the very pictures on which it is to be judged."""

from collections.abc import Sequence

from mobilenetv2.datasets.held_out import HELD_OUT, KEPT


def learnt_notes(history: Sequence[str], name: str, split: str | None) -> tuple[str, ...]:
    """A sentence where a checkpoint's history names the data set, else nothing.

    Args:
        history: the checkpoint's, one deed a sentence, as training writes them.
        name: of the data set, as its figures have it.
        split: its part; None for what has no parts, or for all of them.
    """
    parts = {None, "all", split}
    whole = [f" on {name}:", *(f" on {name} ({part}):" for part in parts)]
    fifths = (f" on {name}, {KEPT}:", f" on {name} ({KEPT}):")
    if any(mark in deed for deed in history for mark in fifths):
        return (
            f"the model has learnt from four fifths of {name}, so figures on all of it are too "
            f"good; judge it on the rest: --split '{HELD_OUT}'",
        )
    if any(mark in deed for deed in history for mark in whole):
        return (f"the model has learnt from {name}: these figures are too good",)
    return ()
