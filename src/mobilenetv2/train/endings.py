"""How a run ends otherwise than by its last epoch, in words."""

from pathlib import Path

from mobilenetv2.train.recipe import LoopRecipe


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
