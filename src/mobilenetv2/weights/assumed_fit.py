"""How pictures are brought to a network's size, where a file of TensorFlow's does not say."""

from mobilenetv2.catalog.labels import IMAGENET_CLASSES
from mobilenetv2.preprocessing import Fit
from mobilenetv2.weights.assemble import TF_CLASSES

SQUASHED = (
    "the file does not say how pictures are fitted: assumed that whole pictures are resized, as "
    "Keras' own loaders do; if it was trained otherwise, say so: convert --fit crop"
)
CROPPED = (
    "the file does not say how pictures are fitted: assumed the centre, 0.875 of the short side, "
    "as ImageNet's own classifiers are measured; convert --fit squash takes whole pictures"
)


def assumed_fit(classes: int) -> tuple[Fit, str]:
    """Of a classifier with so many outputs, and the sentence that says so.

    ImageNet's are cropped; what was fine-tuned on pictures of one's own was read by
    `image_dataset_from_directory` or `load_img(target_size=...)`, which crop nothing.
    """
    if classes in (IMAGENET_CLASSES, TF_CLASSES):
        return "crop", CROPPED
    return "squash", SQUASHED
