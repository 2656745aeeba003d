"""A picture comes in, the JSON of `predict` goes out; everything else is told in a sentence."""

import io
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mobilenetv2
from mobilenetv2.serve.limits import Limits
from mobilenetv2.tasks.classify import Classification
from mobilenetv2.tasks.options import Options
from mobilenetv2.tasks.results import Prediction
from tests.serve.conftest import Client, serving

CAT = (Path(mobilenetv2.__file__).parent / "examples" / "cat.jpg").read_bytes()
FORM = (
    b'--B\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
    b'--B\r\nContent-Disposition: form-data; name="picture"; filename="a.jpg"\r\n'
    b"Content-Type: image/jpeg\r\n\r\n" + CAT + b"\r\n--B--\r\n"
)


def test_the_answer_is_that_of_predict(client: Client, classifier: mobilenetv2.Model):
    reply = client.ask("POST", "/predict", CAT)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.json == classifier.predict(CAT).to_json()


def test_options_stand_in_the_address(client: Client, classifier: mobilenetv2.Model):
    reply = client.ask("POST", "/predict?top=2&flip=1&labels=ant&labels=cow", CAT)
    expected = classifier.predict(CAT, top=2, flip=True, labels=["ant", "cow"])
    assert reply.json == expected.to_json()


def test_several_labels_are_said_to_be_so(tiny_labels_file: Path):
    model = mobilenetv2.load(tiny_labels_file, threads=1)
    with serving(model) as client:
        reply = client.ask("POST", "/predict?threshold=0", CAT)
    assert reply.json == model.predict(CAT, threshold=0).to_json()
    assert reply.json["multi_label"] is True
    assert len(reply.json["predictions"]) == 3


def test_a_form_has_its_picture_in_any_field(client: Client, classifier: mobilenetv2.Model):
    kind = {"content-type": "multipart/form-data; boundary=B"}
    reply = client.ask("POST", "/predict", FORM, kind)
    assert reply.json == classifier.predict(CAT).to_json()


def test_a_broken_form_is_told_to_its_sender_alone(
    client: Client, caplog: pytest.LogCaptureFixture
):
    """The parser would log each as a warning, which ends on the server's stderr."""
    kind = {"content-type": "multipart/form-data; boundary=B"}
    assert client.ask("POST", "/predict", b"no form", kind).status == 400
    assert not [record for record in caplog.records if "multipart" in record.name]


def test_a_form_has_one_picture(client: Client, classifier: mobilenetv2.Model):
    """A field in which nothing was chosen is none; a second picture is not passed over."""
    kind = {"content-type": "multipart/form-data; boundary=B"}
    file = b'--B\r\nContent-Disposition: form-data; name="x"; filename=""\r\n\r\n'
    for form in (file + b"\r\n" + FORM, FORM[: -len(b"--B--\r\n")] + file + b"\r\n--B--\r\n"):
        reply = client.ask("POST", "/predict", form, kind)
        assert reply.json == classifier.predict(CAT).to_json()
    reply = client.ask("POST", "/predict", file + CAT + b"\r\n" + FORM, kind)
    assert reply.status == 400
    assert "a form holds one picture, got 2" in reply.json["error"]


def test_an_answer_can_be_drawn(client: Client):
    reply = client.ask("POST", "/predict", CAT, {"accept": "image/jpeg"})
    assert reply.headers["content-type"] == "image/jpeg"
    drawn, picture = (Image.open(io.BytesIO(data)) for data in (reply.body, CAT))
    assert drawn.width == picture.width
    assert drawn.height > picture.height


def test_a_segmenter_gives_its_mask(tiny_segmenter_file: Path):
    model = mobilenetv2.load(tiny_segmenter_file)
    with serving(model) as client:
        reply = client.ask("POST", "/predict", CAT, {"accept": "image/png"})
    np.testing.assert_array_equal(Image.open(io.BytesIO(reply.body)), model.predict(CAT).mask)


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "words"),
    [
        ("/predict", b"no picture", {}, 400, "is not a picture"),
        ("/predict", CAT[:3000], {}, 400, "cannot be decoded"),
        ("/predict", b"", {}, 400, "send a picture's bytes as the body"),
        ("/predict?size=3", CAT, {}, 400, "options are top, threshold"),
        ("/predict?top=0", CAT, {}, 400, "top must be at least 1, got 0"),
        ("/predict?top=many", CAT, {}, 400, "top must be a whole number, got 'many'"),
        ("/predict?threshold=.x", CAT, {}, 400, "threshold must be a number, got '.x'"),
        ("/predict?scales=1,y", CAT, {}, 400, "scales must be a number, got 'y'"),
        ("/predict?flip=perhaps", CAT, {}, 400, "flip is 1 or 0, got 'perhaps'"),
        ("/predict?nms=0.4", CAT, {}, 400, "nms is not for classification"),
        ("/predict?labels=antt", CAT, {}, 400, "near it are 'ant'"),
        ("/predict?scales=1,1,1,1,1,1,1", CAT, {}, 400, "scales may be 6 here, got 7"),
        ("/predict", CAT, {"accept": "image/png"}, 400, "a segmenter's mask"),
        ("/predict", FORM, {"content-type": "multipart/form-data"}, 400, "needs a boundary"),
        ("/predict", b"--B", {"content-type": "multipart/form-data; boundary=B"}, 400, "form"),
        ("/v2/models/other", None, {}, 404, "the model served here is 'tiny', got 'other'"),
        ("/nothing", None, {}, 404, "POST /predict answers pictures, got GET /nothing"),
        ("/predict", None, {}, 405, "POST /predict answers pictures, got GET /predict"),
    ],
)
def test_mistakes_are_told(
    client: Client,
    path: str,
    body: bytes | None,
    headers: dict[str, str],
    status: int,
    words: str,
):
    reply = client.ask("GET" if body is None else "POST", path, body, headers)
    assert reply.status == status
    assert words in reply.json["error"]


def test_health_and_counts(classifier: mobilenetv2.Model):
    with serving(classifier) as client:
        assert client.ask("GET", "/healthz").json["status"] == "ok"
        client.ask("POST", "/predict", CAT)
        client.ask("POST", "/predict", b"no picture")
        text = client.ask("GET", "/metrics").body.decode()
    counted = 'mobilenetv2_requests_total{route="/predict",status='
    assert f'{counted}"200"}} 1\n' in text
    assert f'{counted}"400"}} 1\n' in text
    assert 'mobilenetv2_request_seconds_bucket{le="+Inf"} 3\n' in text
    assert "mobilenetv2_pictures_waiting 0\n" in text


def test_the_page_asks_for_nothing_from_elsewhere(client: Client):
    page = client.ask("GET", "/").body.decode()
    assert "//" not in page.replace("http://www.w3.org", "")
    assert "<title>mobilenetv2</title>" in page


def test_a_token_is_wanted_of_everything_but_health(classifier: mobilenetv2.Model):
    with serving(classifier, token="sesame") as client:
        assert client.ask("GET", "/healthz").status == 200
        refused = client.ask("POST", "/predict", CAT)
        assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
        for bad in ("Bearer other", "Basic sesame", "Bearer sesame2"):
            assert client.ask("GET", "/metrics", headers={"authorization": bad}).status == 401
        right = {"authorization": "Bearer sesame"}
        assert client.ask("POST", "/predict", CAT, right).status == 200


class TestLimits:
    def test_of_a_body_told_and_untold(self, classifier: mobilenetv2.Model):
        with serving(classifier, Limits(megabytes=0.001)) as client:
            told = client.ask("POST", "/predict", CAT)
            parts = (CAT[start : start + 500] for start in range(0, len(CAT), 500))
            untold = client.ask("POST", "/predict", parts)
        for reply in (told, untold):
            assert reply.status == 413
            assert reply.json["error"] == "a body may have at most 1,000 bytes"

    def test_of_a_picture_before_it_is_decoded(self, classifier: mobilenetv2.Model):
        file = io.BytesIO()
        Image.new("1", (2000, 1000)).save(file, "PNG")
        with serving(classifier, Limits(megapixels=1.5)) as client:
            reply = client.ask("POST", "/predict", file.getvalue())
        assert reply.status == 413
        assert "at most 1,500,000 pixels, got 2000 x 1000" in reply.json["error"]


class Held:
    """A model that answers when it is let."""

    task = "classification"
    labels = ("ant",)

    def __init__(self) -> None:
        self.begun, self.let = threading.Semaphore(0), threading.Event()

    def check(self, options: Options) -> None:
        options.check(self.task)

    def prepare(self, picture: object, scales: Sequence[float], decoding: str) -> None:
        self.begun.release()
        assert self.let.wait(30)

    def answer(self, prepared: None, options: Options) -> Prediction:
        return Prediction((Classification("ant", 0, 1.0),))


class TestQueue:
    def test_who_finds_no_place_is_told_to_come_again(self):
        model = Held()
        with serving(model, Limits(workers=1, queue=1)) as client, ThreadPoolExecutor() as pool:
            first = pool.submit(client.ask, "POST", "/predict", CAT)
            assert model.begun.acquire(timeout=30)
            second = pool.submit(client.ask, "POST", "/predict", CAT)
            while b"waiting 2\n" not in client.ask("GET", "/metrics").body:
                pass
            refused = client.ask("POST", "/predict", CAT)
            model.let.set()
            assert (refused.status, refused.headers["retry-after"]) == (503, "1")
            assert [one.result().status for one in (first, second)] == [200, 200]
            assert client.ask("POST", "/predict", CAT).status == 200

    def test_who_waits_too_long_is_told(self):
        model = Held()
        with serving(model, Limits(workers=1, seconds=0.2)) as client:
            late = client.ask("POST", "/predict", CAT)
            model.let.set()
            assert late.status == 503
            assert "no answer within 0.2 s" in late.json["error"]
            assert client.ask("POST", "/predict", CAT).status == 200


def test_many_at_once_get_their_own_answers(client: Client, classifier: mobilenetv2.Model):
    random = np.random.default_rng(0)
    pictures = []
    for _ in range(12):
        file = io.BytesIO()
        Image.fromarray(random.integers(0, 256, (40, 50, 3), np.uint8)).save(file, "PNG")
        pictures.append(file.getvalue())
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda one: client.ask("POST", "/predict", one), pictures * 3))
    expected = [classifier.predict(picture).to_json() for picture in pictures] * 3
    assert [reply.json for reply in replies] == expected
