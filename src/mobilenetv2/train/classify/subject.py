"""What a classifier's run makes."""

from dataclasses import replace

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import Classifier, Embedding
from mobilenetv2.train.classify.data import TrainingData
from mobilenetv2.train.classify.label_data import MultiLabelData
from mobilenetv2.train.classify.recipe import Recipe
from mobilenetv2.train.subject import Subject, preparing, taught, trainable
from mobilenetv2.weights.checkpoint import Checkpoint


def describe_subject(
    first: Checkpoint,
    recipe: Recipe,
    pictures: TrainingData | MultiLabelData,
    license: str,  # noqa: A002 - the word of every checkpoint
) -> Subject:
    """What comes out of a run, apart from weights.

    Raises:
        CheckpointError: `first` is neither a classifier nor a feature extractor, or has no
            classes to keep.
    """
    old = first.spec.head
    if not isinstance(old, Classifier | Embedding):
        raise CheckpointError(
            "a classifier is fine-tuned from a classifier or a feature extractor, got weights with "
            f"a {type(old).__name__} head"
        )
    labels, training = pictures.labels, pictures.training
    size = recipe.size or first.preprocessing.size
    fit = recipe.fit
    if fit == "keep" or fit == "auto":
        fit = first.preprocessing.fit
    deployed = recipe.deploy_size or size
    # The same classes keep a hidden layer of the head; others begin on the features.
    same = set(labels) == set(first.labels)
    several = isinstance(pictures, MultiLabelData)
    head = old if same and isinstance(old, Classifier) else Classifier(len(labels))
    head = replace(head, scores="sigmoid" if several else "softmax")
    if recipe.keep_classes:
        if isinstance(old, Embedding):
            raise CheckpointError(
                "classes are added to those of a classifier, and the first weights are a feature "
                "extractor without any: train without keep_classes"
            )
        if old.multi_label:
            raise CheckpointError(
                "classes are added to a model of one class a picture, got one of several labels: "
                "train on pictures of the old labels and the new, without keep_classes"
            )
        head = replace(old, classes=len(labels))
    spec = trainable(replace(first.spec, head=head, size=deployed), recipe)
    return taught(
        first,
        spec,
        replace(spec, size=size),
        preprocessing=preparing(first, recipe, deployed, fit),
        labels=labels,
        deed=f"fine-tuned on {training.name}: {len(training.paths)} pictures, {len(labels)} "
        f"{'labels of which each may have several' if several else 'classes'}, "
        f"{recipe.epochs} epochs at {size[0]}x{size[1]}"
        + (f", the {len(first.labels)} classes of before kept" if recipe.keep_classes else ""),
        license=license,
    )
