"""What arrays do not tell: which activations a network has, and what joins layers of its head."""

import os

import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
import keras
from keras import layers

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.keras.importer import read_keras
from tests.weights.keras.test_heads_and_pixels import SIZE, model_of

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@pytest.fixture(scope="module")
def base():
    return keras.applications.MobileNetV2((SIZE, SIZE, 3), 0.35, include_top=False, weights=None)


def test_a_network_cut_before_its_last_relu6_is_refused(tmp_path, base):
    cut = keras.Model(base.input, base.get_layer("Conv_1_bn").output)
    model_of(cut, [layers.Dense(3)]).save(tmp_path / "model.keras")
    with pytest.raises(
        CheckpointError, match=r"ReLU6, its last one .* too, this file's by nothing"
    ):
        read_keras(tmp_path / "model.keras")


@pytest.mark.parametrize(
    "other", [{"max_value": None}, {"negative_slope": 0.1}], ids=["no limit", "leaky"]
)
def test_a_network_of_other_relus_is_refused(tmp_path, base, other):
    def exchanged(layer):
        settings = layer.get_config()
        if layer.name == "block_3_expand_relu":
            settings |= other
        return type(layer).from_config(settings)

    changed = keras.models.clone_model(base, clone_function=exchanged)
    model_of(changed, [layers.Dense(3)]).save(tmp_path / "model.keras")
    with pytest.raises(CheckpointError, match="this file's by block_3_expand_relu"):
        read_keras(tmp_path / "model.keras")


def test_a_sum_in_the_head_is_refused(tmp_path, base):
    """Read one behind the other, the layers would be another head, without a word."""
    picture = keras.Input((SIZE, SIZE, 3))
    pooled = layers.GlobalAveragePooling2D()(base(picture))
    both = layers.Add()([pooled, layers.Dense(1280)(pooled)])
    keras.Model(picture, layers.Dense(3)(both)).save(tmp_path / "model.keras")
    with pytest.raises(CheckpointError, match="no layers of Add there"):
        read_keras(tmp_path / "model.keras")
