"""How a run ends otherwise than by its last epoch: when, and in what words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path

from mobilenetv2.train.recipe import LoopRecipe
from mobilenetv2.train.schedule import learning_rate_factor
from mobilenetv2.train.subject import in_words


def divergence_told(loss: float, step: int, epoch: int, recipe: LoopRecipe) -> str:
    """What to say of a loss that is not finite, at a step (from 1) of an epoch (from 1)."""
    return (
        f"the loss is {loss} at step {step} (epoch {epoch}); what was saved before "
        f"is intact. Try a lower learning rate (now {recipe.learning_rate:g}), gradient "
        "clipping (clip_norm 1), or precision float32, in another folder"
    )


def stop_told(step: int, total: int, folder: Path) -> str:
    """What to say of a run that was asked to stop after a step."""
    return (
        f"stopped after step {step} of {total}; everything is saved in {folder}. Run the same "
        "command again to go on"
    )


def going_on_told(
    step: int, total: int, steps_per_epoch: int, processes: Sequence[int], number: int
) -> Iterator[str]:
    """What to say of a run that goes on, by so many processes as may be others than before."""
    # Its last evaluation may be what is left.
    epoch = min(step, total - 1) // steps_per_epoch + 1
    yield f"going on at step {step} of {total} (epoch {epoch})"
    if processes[-1] != number:
        yield (
            f"so far by {in_words(processes)}, from here on by {number}: sums are rounded "
            "otherwise, so the last bits may differ from those of either"
        )


def longer_told(step: int, total: int, recipe: LoopRecipe) -> str:
    """What to say of a run that goes on from a step up to more epochs than it was told."""
    share = learning_rate_factor(step, 0, total, recipe.schedule)
    return (
        f"the learning rate goes on where a run of {recipe.epochs} epochs has it by now, at "
        f"{share:.0%} of its peak, and falls to zero from there"
    )


def nothing_kept_told(folder: Path) -> str:
    """What to say of a run that was to go on, in whose folder no step was kept."""
    return f"{folder} holds no state of a run, so there is nothing to go on with: begins anew"


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a run may take: its schedule ends when the time does.

    Where a run will end is estimated anew at every step from what its steps have taken so far, with
    evaluations among them, so that the learning rate has fallen to zero by then.
    """

    seconds: float = inf

    def last_step(self, step: int, spent: float, reserve: float, total: int) -> int:
        """The step after which the run will end, never before `step`, never behind `total`.

        Args:
            step: steps done.
            spent: seconds that they took.
            reserve: seconds that the last evaluation will take, by the one before.
            total: the recipe's steps.
        """
        if not step or self.seconds == inf:
            return total
        left = max(0.0, self.seconds - reserve - spent)
        return min(total, step + int(left * step / max(spent, 1e-9)))

    def warmup(self, steps: int, last: int) -> int:
        """A quarter of a run that ends early at most: what only rises never settles."""
        return steps if self.seconds == inf else min(steps, last // 4)


def early_end_told(epochs: float, recipe: LoopRecipe, limit: Limit, waited: int) -> str:
    """A sentence on a run that ended after so many of its epochs.

    Args:
        epochs: done.
        recipe: with its patience.
        limit: of time.
        waited: evaluations since the best one; where patience and time both end a run, the one
            that came first has ended it.
    """
    done = f"ended after {epochs:.3g} of {recipe.epochs} epochs"
    if not 0 < recipe.patience <= waited:
        return f"{done}, at the time limit of {limit.seconds / 60:g} min"
    if recipe.patience == 1:
        return f"{done}: the last evaluation was no better"
    return f"{done}: the last {recipe.patience} evaluations were no better"
