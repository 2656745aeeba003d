"""What makes two runs the same one, and what is said where they are not."""

import socket
from collections.abc import Mapping
from pathlib import Path
from textwrap import shorten
from typing import cast

from mobilenetv2.errors import TrainingError
from mobilenetv2.train.state import STATE
from mobilenetv2.weights.states.side_file import parse_object

Identity = Mapping[str, str]
"""Recipe, first weights, pictures; by name, for messages."""
LONGEST_VALUE = 100
"""Letters of one, in a message on what differs."""

_FIRST_WEIGHTS = "first weights"
_OF_LENGTH = ("epochs", "quantize_epochs", "warmup_epochs", "patience")
"""What a longer run says otherwise; its warming up is over."""


def check_identity(
    saved: Identity, identity: Identity, folder: Path, *, longer: bool = False, kept: bool = True
) -> None:
    """Refuse to go on with a run that began otherwise.

    Args:
        saved: of the run in `folder`.
        identity: of this run.
        folder: for messages.
        longer: whether this run may have more epochs than the saved one was told.
        kept: whether a step of the saved one was; if none, beginning anew loses nothing.

    Raises:
        TrainingError: names what differs; or a run that is to be longer would be shorter.
    """
    before, now = flatten(saved), flatten(identity)
    names = [name for name in now if name in before and before[name] != now[name]]
    if longer:
        if kept:
            check_longer(before, now, folder)
        names = [name for name in names if name not in _OF_LENGTH]
    if not names:
        return
    # The head, its anchors and more follow from the first weights.
    names.sort(key=lambda name: name != _FIRST_WEIGHTS)
    differences = "; ".join(
        f"{name}: was {_brief(before[name])}, now {_brief(now[name])}" for name in names[:4]
    )
    if not kept:
        raise TrainingError(
            f"{folder} holds a run of which no step was kept, and which was told something else "
            f"({differences}). Nothing is lost: remove {folder / STATE} and give this command "
            "without --resume to begin anew"
        )
    same = "--model, from which the run began," if _FIRST_WEIGHTS in names else "settings"
    way_out = f"Give the same {same} to go on with it"
    if set(names) <= set(_OF_LENGTH):
        way_out += ", --resume to go on up to more epochs"
    raise TrainingError(
        f"{folder} holds a run that began otherwise ({differences}). {way_out}, "
        "or choose another folder for --out"
    )


def _brief(value: object) -> str:
    """A value as far as a message needs it: a list of anchors goes on for pages."""
    return shorten(str(value), LONGEST_VALUE, placeholder=" ...")


def check_longer(before: Mapping[str, object], now: Mapping[str, object], folder: Path) -> None:
    """Refuse fewer epochs, and epochs in floats behind those in integers.

    Raises:
        TrainingError: says how many there must be.
    """
    (were, quantized), (are, to_quantize) = (
        (cast("int", one["epochs"]), cast("int", one.get("quantize_epochs", 0)))
        for one in (before, now)
    )
    if are < were:
        raise TrainingError(f"{folder} holds a run of {were} epochs: go on to more, got {are}")
    if quantized and are - to_quantize != were - quantized:
        raise TrainingError(
            f"the last {quantized} of {were} epochs in {folder} are in integers of 8 bits, and so "
            f"are those that follow: quantize_epochs must be {are - were + quantized}, got "
            f"{to_quantize}"
        )


def check_together(firsts: Identity, identity: Identity, rank: int) -> None:
    """Refuse to teach together with a process that was told something else.

    Raises:
        TrainingError: names what differs.
    """
    there, here = flatten(firsts), flatten(identity)
    differences = "; ".join(
        f"{name}: there {there[name]}, here {here[name]}"
        for name in here
        if name in there and there[name] != here[name]
    )
    if differences:
        raise TrainingError(
            f"all processes must be given the same run, got another in process {rank} on "
            f"{socket.gethostname()} than in process 0 ({differences}). Start the same command on "
            "every machine, with the same files"
        )


def flatten(identity: Identity) -> dict[str, object]:
    """The recipe's fields beside the other parts, so that a message can name the one that differs.

    A field that only one of two releases knows cannot be compared, and is no reason to refuse.
    """
    recipe = dict(parse_object(identity["recipe"], "a run's recipe"))
    augmentation = recipe.pop("augmentation", None)
    parts: dict[str, object] = {name: value for name, value in identity.items() if name != "recipe"}
    for values in (recipe, augmentation if isinstance(augmentation, dict) else {}):
        parts |= {name: value for name, value in values.items() if name != "kind"}
    return parts
