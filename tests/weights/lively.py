"""Random networks of other frameworks whose every array matters, and the proof of their import.

A fresh network has batch norms that do nothing (mean 0, variance 1): an importer that mixes them
up, or takes another epsilon, would go unnoticed.
"""

from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from mobilenetv2.deploy.convert import example_pictures, prove
from mobilenetv2.parity.logits import network_inputs, our_logits
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.image import decode, prepare, resize
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.foreign import Foreign


def photographs(size: int) -> Array:
    """float32 [pictures, size, size, 3] with values around 0, of deviation around 1."""
    preprocessing = Preprocessing(size=(size, size))
    return np.stack([prepare(decode(path), preprocessing) for path in example_pictures()])


def lively_torch(model: Any) -> Any:
    """Batch norms take the photographs' statistics as in training, then random gains and shifts."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.Conv2d):
                module.reset_parameters()
        for norm in norms:
            norm.momentum = 1.0
            norm.weight.uniform_(0.5, 1.5)
            norm.bias.normal_(0, 0.2)
        model.train()(torch.from_numpy(photographs(128).transpose(0, 3, 1, 2).copy()))
        for norm in norms:
            # A channel that is nearly constant on three photographs would magnify rounding.
            norm.running_var.add_(0.1 * norm.running_var.mean())
            norm.running_var.mul_(torch.empty_like(norm.running_var).uniform_(0.7, 1.4))
        for module in model.modules():
            if isinstance(module, nn.Linear):
                module.weight.normal_(0, 0.1)
                if module.bias is not None:
                    module.bias.normal_(0, 0.1)
    return model.eval()


def lively_keras(model: Any) -> Any:
    """As `lively_torch`; the model takes pictures of its own size."""
    random = np.random.default_rng(0)
    norms = [layer for layer in every_layer(model) if "gamma" in names(layer)]
    for layer in every_layer(model):
        if names(layer) == ["kernel"]:
            (kernel,) = layer.get_weights()
            layer.set_weights([random.normal(0, 0.2, kernel.shape)])
    for layer in norms:
        layer.momentum = 0.0
        gamma, beta, mean, variance = layer.get_weights()
        gains, shifts = random.uniform(0.5, 1.5, gamma.shape), random.normal(0, 0.2, beta.shape)
        layer.set_weights([gains, shifts, mean, variance])
    model(photographs(model.input_shape[1]), training=True)
    for layer in norms:
        *others, variance = layer.get_weights()
        variance = variance + 0.1 * variance.mean()
        layer.set_weights([*others, variance * random.uniform(0.7, 1.4, variance.shape)])
    for layer in every_layer(model):
        if "bias" in names(layer):
            kernel, bias = layer.get_weights()
            shapes = kernel.shape, bias.shape
            layer.set_weights([random.normal(0, 0.1, shape) for shape in shapes])
    return model


def every_layer(model: Any) -> list[Any]:
    """The layers of a Keras model and of the models inside it."""
    inside = [every_layer(layer) for layer in model.layers if hasattr(layer, "layers")]
    return [*model.layers, *chain.from_iterable(inside)]


def names(layer: Any) -> list[str]:
    return [] if hasattr(layer, "layers") else [weight.name for weight in layer.weights]


def relative_error(path: Path, foreign: Foreign) -> float:
    """The largest difference of any logit to the file's own framework, over the logits' range.

    On two photographs; also that both name the same class first.
    """
    pictures = example_pictures()[:2]
    parity = prove(path, foreign, pictures)
    assert parity is not None
    assert parity.pictures == 2
    preprocessing = foreign.checkpoint.preprocessing
    images = [resize(decode(picture), preprocessing) for picture in pictures]
    logits = our_logits(foreign.checkpoint, network_inputs(foreign.checkpoint, images))
    spread = float(logits.max() - logits.min())
    # Where logits hardly differ from picture to picture, agreement would prove nothing.
    assert np.abs(logits[0] - logits[1]).max() > 0.01 * spread
    return parity.max_error / spread
