"""Teachers see the student's crop as pixels, at their own size, in the engine and in torch."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from mobilenetv2.model import Model
from mobilenetv2.preprocessing import TORCHVISION, Preprocessing
from mobilenetv2.train.compute import Compute
from mobilenetv2.train.panel import Panel, _in_engine, _in_torch, fitted, seat, to_pixels
from mobilenetv2.train.teacher import Teacher, find_teachers
from mobilenetv2.weights import store

CPU = Compute(torch.device("cpu"), torch.float32)


@pytest.fixture(scope="module")
def teacher(tiny_file) -> Teacher:
    checkpoint = store.load(tiny_file)
    return find_teachers([checkpoint], checkpoint.spec, checkpoint.labels)[0]


@pytest.fixture(scope="module")
def crops() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(1).integers(0, 256, (2, 3, 48, 40), np.uint8))


@pytest.mark.parametrize("preprocessing", [Preprocessing(), TORCHVISION])
def test_every_pixel_value_comes_back(preprocessing):
    every = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16).expand(1, 3, 16, 16)
    assert torch.equal(to_pixels(CPU.normalize(every, preprocessing), preprocessing), every.float())


def test_a_teacher_answers_as_its_model_does(teacher, crops):
    """The student's own preprocessing is another one; the teacher sees the pixels."""
    images = CPU.normalize(crops, TORCHVISION)
    (answer,) = seat([teacher], CPU).answers(images, TORCHVISION)
    model = Model(teacher.checkpoint)
    for crop, logits in zip(crops, answer.maps["logits"], strict=True):
        expected = model._run(np.ascontiguousarray(crop.permute(1, 2, 0).numpy()))["logits"]
        assert np.array_equal(logits.flatten().numpy(), expected.ravel())


def test_engine_and_torch_agree(teacher, crops):
    ours, theirs = (make(teacher, CPU)(crops)["logits"] for make in (_in_engine, _in_torch))
    assert ours.shape == theirs.shape == (2, 3, 1, 1)
    assert torch.allclose(ours, theirs, atol=1e-4)


def test_a_crop_of_another_size_is_resized_like_a_picture(crops):
    smooth = torch.nn.functional.interpolate(crops.float(), (96, 80), mode="bilinear")
    found = fitted(smooth, (48, 40))[0].permute(1, 2, 0).numpy()
    picture = Image.fromarray(smooth[0].round().to(torch.uint8).permute(1, 2, 0).numpy())
    expected = np.asarray(picture.resize((40, 48), Image.Resampling.BILINEAR))
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_nobody_is_nobody(crops):
    assert Panel().answers(CPU.normalize(crops, TORCHVISION), TORCHVISION) == []


def test_a_teacher_may_have_another_size(teacher, crops):
    larger = replace(teacher, size=(64, 64))
    (answer,) = seat([larger], CPU).answers(CPU.normalize(crops, TORCHVISION), TORCHVISION)
    assert answer.maps["logits"].shape == (2, 3, 1, 1)
