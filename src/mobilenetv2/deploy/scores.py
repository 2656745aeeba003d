"""What the owner of a file says of its scores, where the file ends in logits and says nothing."""

from dataclasses import replace

from mobilenetv2.errors import SpecError
from mobilenetv2.network.spec import Classifier
from mobilenetv2.weights.assemble import TWO_CLASSES
from mobilenetv2.weights.foreign import Foreign

SAID = "scores: of each label by itself, as given"


def scored_by_itself(foreign: Foreign) -> Foreign:
    """The import as a classifier of which a picture has none of the labels, one or several.

    Raises:
        SpecError: no classifier, or one whose two classes are one output and its opposite.
    """
    checkpoint = foreign.checkpoint
    head = checkpoint.spec.head
    if not isinstance(head, Classifier):
        raise SpecError(
            "several labels a picture are for classifiers, the file holds a network with a "
            f"{type(head).__name__} head: leave --multi-label out"
        )
    if TWO_CLASSES in foreign.notes:
        raise SpecError(
            "several labels a picture need an output each, the file has one output, which decides "
            "between two classes: leave --multi-label out"
        )
    if head.multi_label:
        return foreign
    provenance = checkpoint.provenance
    changed = replace(
        checkpoint,
        spec=replace(checkpoint.spec, head=replace(head, scores="sigmoid")),
        provenance=replace(provenance, history=(*provenance.history, SAID)),
    )
    return replace(foreign, checkpoint=changed, notes=(*foreign.notes, SAID))
