"""A model answers for any kind of picture, in any kind of container."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mobilenetv2
from mobilenetv2.errors import CheckpointError, ImageError, UnknownModelError
from mobilenetv2.pipeline import predict_many

EXAMPLES = Path(mobilenetv2.__file__).parent / "examples"
COFFEE = EXAMPLES / "coffee.jpg"


@pytest.fixture(scope="module")
def model(tiny_file: Path) -> mobilenetv2.Model:
    return mobilenetv2.load(tiny_file)


def test_one_picture_in_every_form_gives_one_and_the_same_result(model: mobilenetv2.Model):
    expected = model.predict(COFFEE)
    assert expected.label in ("ant", "bee", "cow")
    assert expected.score == expected.predictions[0].score
    image = Image.open(COFFEE)
    for picture in (str(COFFEE), COFFEE.read_bytes(), image, np.asarray(image)):
        assert model.predict(picture) == expected


def test_a_list_gives_a_list_and_a_generator_is_lazy(model: mobilenetv2.Model):
    one = model.predict(COFFEE)
    assert model.predict([COFFEE, str(COFFEE)]) == [one, one]
    assert model.predict(()) == []

    def endless():
        while True:
            yield COFFEE

    results = model.predict(endless())
    assert [next(results), next(results)] == [one, one]


def test_top_limits_the_answers(model: mobilenetv2.Model):
    assert len(model.predict(COFFEE, top=2).predictions) == 2
    with pytest.raises(ValueError, match="top must be at least 1, got 0"):
        model.predict(COFFEE, top=0)


def test_results_draw_themselves_and_become_json(model: mobilenetv2.Model):
    result = model.predict(COFFEE)
    assert result.draw(COFFEE).height > 400
    plain = result.to_json()
    assert plain["task"] == "classification"
    best = plain["predictions"][0]  # type: ignore[index]
    assert set(best) == {"label", "index", "score"}


def test_a_saved_model_says_the_same(model: mobilenetv2.Model, tmp_path: Path):
    model.save(tmp_path / "again.safetensors")
    again = mobilenetv2.load(tmp_path / "again.safetensors")
    assert again.predict(COFFEE) == model.predict(COFFEE)
    assert "MobileNetV2 0.1, 3 classes, 48x40" in repr(again)


def test_threads_share_one_model(model: mobilenetv2.Model):
    expected = model.predict(COFFEE)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(model.predict, [COFFEE] * 32)) == {expected}


def test_a_pipeline_keeps_order_and_goes_on_past_bad_pictures(
    model: mobilenetv2.Model, tmp_path: Path
):
    bad = tmp_path / "bad.jpg"
    bad.write_text("not a picture")
    paths = [COFFEE, bad, EXAMPLES / "cat.jpg"] * 10
    answers = list(predict_many(model, paths, top=1))
    assert [answer.path for answer in answers] == paths
    assert [answer.error is None for answer in answers] == [True, False, True] * 10
    assert answers[2].prediction == model.predict(EXAMPLES / "cat.jpg", top=1)
    assert answers[1].to_json() == {"path": str(bad), "error": answers[1].error}


def test_an_abandoned_pipeline_stops_decoding(model: mobilenetv2.Model):
    seen = 0

    def counted():
        nonlocal seen
        for _ in range(1000):
            seen += 1
            yield COFFEE

    next(predict_many(model, counted()))
    assert seen < 20


def test_unknown_names_list_the_known_ones():
    with pytest.raises(UnknownModelError, match=r"'nonsense' is neither a file nor .*objects"):
        mobilenetv2.load("nonsense")


def test_a_bad_file_is_refused(tmp_path: Path):
    (tmp_path / "x.pth").write_bytes(b"nothing that anyone would call weights")
    with pytest.raises(CheckpointError):
        mobilenetv2.load(tmp_path / "x.pth")


def test_a_bad_picture_is_refused(model: mobilenetv2.Model):
    with pytest.raises(ImageError):
        model.predict(b"no picture")
