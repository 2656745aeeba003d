"""Many pictures through one model: which thread decodes what."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from mobilenetv2.pipeline import predict_many
from mobilenetv2.tasks.classify import Classification
from mobilenetv2.tasks.image import decode
from mobilenetv2.tasks.options import Options
from mobilenetv2.tasks.picture_room import LARGE_PIXELS
from mobilenetv2.tasks.results import Prediction


class Watching:
    """A model that answers with the thread that prepared the picture, and its mean."""

    task = "classification"
    labels = ("here", "beside")
    at_once = 1

    def check(self, options: Options) -> None:
        options.check(self.task)

    def prepare(
        self, picture: Path | Image.Image, scales: Sequence[float], decoding: str
    ) -> tuple[bool, float]:
        assert decoding == "exact"
        assert tuple(scales) == (1.0,)
        return threading.current_thread() is threading.main_thread(), float(decode(picture).mean())

    def answer(self, prepared: tuple[bool, float], options: Options) -> Prediction:
        where = "here" if prepared[0] else "beside"
        return Prediction((Classification(where, 0, prepared[1]),))


def test_large_pictures_are_decoded_one_at_a_time_where_the_network_runs(tmp_path: Path):
    side = int(LARGE_PIXELS**0.5) + 1
    sizes = {"a": (8, 8), "b": (side, side), "c": (8, 8), "d": (side, side)}
    for name, size in sizes.items():
        Image.new("1", size).save(tmp_path / f"{name}.png")
    answers = list(predict_many(Watching(), sorted(tmp_path.iterdir())))
    assert [answer.path.stem for answer in answers] == list(sizes)
    assert [answer.prediction.label for answer in answers] == ["beside", "here", "beside", "here"]


def test_stretching_is_a_choice(tmp_path: Path):
    image = Image.new("I;16", (4, 1))
    for column, value in enumerate((1000, 1000, 2000, 2000)):
        image.putpixel((column, 0), value)
    image.save(tmp_path / "a.png")
    (plain,) = predict_many(Watching(), [tmp_path / "a.png"])
    assert "--stretch" in plain.error
    (wide,) = predict_many(Watching(), [tmp_path / "a.png"], Options(stretch=True))
    assert wide.prediction.score == 127.5


def test_pipes_and_folders_become_errors_and_nobody_waits(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    errors = [answer.error for answer in predict_many(Watching(), sorted(tmp_path.iterdir()))]
    assert "is a folder" in errors[0]
    assert "it is a pipe or a device" in errors[1]


def test_pictures_of_a_program_are_called_by_place_and_shape(tmp_path: Path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    given = [tmp_path / "a.png", np.zeros((9, 7, 3), np.uint8), Image.new("RGB", (8, 8)), b"no"]
    answers = list(predict_many(Watching(), given))
    assert [answer.source.name for answer in answers] == [
        str(tmp_path / "a.png"),
        "pictures[1], an array [9, 7, 3]",
        "pictures[2], Image",
        "pictures[3], bytes",
    ]
    assert [answer.error is None for answer in answers] == [True, True, True, False]
