"""Every way in which a server or a connection can fail, against a real server that does."""

import re
import shutil
import threading
import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobilenetv2.weights.public.download import MAX_BYTES
from mobilenetv2.weights.public.fetch import fetch
from tests.weights.faulty_server import (
    DATA,
    OTHER,
    QUICK,
    cut,
    endless,
    failure,
    files,
    held,
    misplaced,
    status,
    trickle,
    trickling_head,
    unsized,
    whole,
)


def test_a_cut_connection_is_resumed(server, entry):
    server.answers = [cut(DATA, 100_000), cut(DATA, 250_000), whole(DATA)]
    assert fetch(entry, patience=QUICK).read_bytes() == DATA
    assert server.ranges() == [None, "bytes=100000-", "bytes=250000-"]
    assert server.asked[1][1]["If-Range"] == '"v1"'


def test_a_file_that_changed_in_between_starts_over(server, entry):
    server.answers = [cut(OTHER, 100_000, etag='"v1"'), whole(DATA, etag='"v2"')]
    assert fetch(entry, patience=QUICK).read_bytes() == DATA
    assert len(server.asked) == 2


@pytest.mark.parametrize("etag", ['W/"v1"', None])
def test_without_hash_and_strong_etag_nothing_is_stitched(server, entry, etag):
    server.answers = [cut(OTHER, 100_000, etag=etag), whole(DATA, etag=etag)]
    unknown = replace(entry, sha256=None, bytes=None)
    assert fetch(unknown, patience=QUICK).read_bytes() == DATA


def test_a_resumption_at_the_wrong_place_starts_over(server, entry):
    server.answers = [cut(DATA, 100_000), misplaced(DATA), whole(DATA)]
    unknown = replace(entry, sha256=None, bytes=None)
    assert fetch(unknown, patience=QUICK).read_bytes() == DATA


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    cuts=st.lists(st.integers(0, len(DATA) - 1), max_size=QUICK.attempts - 1),
    ranges=st.booleans(),
    etag=st.sampled_from(['"v1"', 'W/"v1"', None]),
    known=st.booleans(),
)
def test_wherever_the_connection_breaks_the_file_is_whole(server, entry, cuts, ranges, etag, known):
    server.answers = [cut(DATA, point, etag=etag, ranges=ranges) for point in cuts]
    server.answers.append(whole(DATA, etag=etag, ranges=ranges))
    sample = entry if known else replace(entry, sha256=None, bytes=None)
    path = fetch(sample, patience=QUICK)
    assert path.read_bytes() == DATA
    shutil.rmtree(path.parent)


def test_a_connection_that_always_breaks_ends_in_an_error_and_keeps_what_came(server, entry, cache):
    server.answers = [cut(DATA, 100_000)]
    message = failure(entry)
    assert "ended after 100,000 of 300,000 bytes (4 attempts)" in message
    assert "100,000 bytes are kept" in message
    assert len(server.asked) == QUICK.attempts
    server.answers = [whole(DATA)]
    assert fetch(entry).read_bytes() == DATA
    assert server.ranges()[-1] == "bytes=100000-"


def test_a_silent_server_is_left_after_the_timeout(server, entry, cache):
    gate = threading.Event()
    server.answers = [held(DATA, 50_000, gate)]
    started = time.monotonic()
    message = failure(entry)
    gate.set()
    assert time.monotonic() - started < QUICK.attempts * QUICK.timeout + 2
    assert "fell silent" in message
    assert (cache / "sample.bin.part").stat().st_size == 50_000


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (trickle(DATA, 1, 0.02), "less than 4,000 bytes a second"),
        (trickling_head(DATA, 0.02), "Remote end closed|connection"),
    ],
    ids=["body", "head"],
)
def test_a_server_that_drips_is_left(server, entry, answer, message):
    server.answers = [answer]
    started = time.monotonic()
    text = failure(entry, patience=replace(QUICK, attempts=2, window=0.4))
    assert time.monotonic() - started < 6
    assert re.search(message, text)


def test_what_dripped_in_is_kept_for_a_better_day(server, entry, cache):
    server.answers = [trickle(DATA, 1, 0.02), whole(DATA)]
    assert fetch(entry, patience=replace(QUICK, window=0.4)).read_bytes() == DATA
    start = int(server.ranges()[1].removeprefix("bytes=").removesuffix("-"))
    assert 0 < start < 100


def test_a_slow_server_is_waited_for(server, entry):
    server.answers = [trickle(DATA, 60_000, 0.15)]
    received = []
    path = fetch(entry, lambda done, _total: received.append(done), patience=QUICK)
    assert path.read_bytes() == DATA
    assert len(received) > 5


def test_server_errors_are_tried_again(server, entry):
    server.answers = [status(500), status(503), whole(DATA)]
    assert fetch(entry, patience=QUICK).read_bytes() == DATA


def test_a_refused_resumption_starts_over(server, entry):
    server.answers = [cut(DATA, 1000), status(416), whole(DATA)]
    assert fetch(entry, patience=QUICK).read_bytes() == DATA
    assert server.ranges() == [None, "bytes=1000-", None]


def test_a_complete_part_of_a_killed_run_needs_no_request(server, entry, cache):
    cache.mkdir()
    (cache / "sample.bin.part").write_bytes(DATA)
    assert fetch(entry).read_bytes() == DATA
    assert server.asked == []


def test_404_says_what_to_do_and_is_not_repeated(server, entry, cache):
    server.answers = [status(404)]
    message = failure(entry)
    assert len(server.asked) == 1
    for way in (
        f"{entry.urls[0]}: the server answered 404",
        str(cache / "sample.bin"),
        "MOBILENETV2_MIRROR",
        "'objects'",
    ):
        assert way in message


def test_the_second_address_is_asked_when_the_first_fails(server, entry):
    server.answers = [status(404), whole(DATA)]
    two = replace(entry, urls=(f"{server.url}/gone", f"{server.url}/here"))
    assert fetch(two).read_bytes() == DATA
    assert [path for path, _ in server.asked] == ["/gone", "/here"]


@pytest.mark.parametrize("stated", [len(DATA) - 1, len(DATA) + 1])
def test_another_length_than_the_catalogue_s_is_refused_at_once(server, entry, cache, stated):
    server.answers = [whole(DATA, Content_Length=stated)]
    assert f"must have 300,000 bytes, the server offers {stated:,}" in failure(entry)
    assert files(cache) == []


def test_more_bytes_than_promised_are_not_stored(server, entry, cache):
    server.answers = [endless()]
    assert "more than the 300,000 bytes" in failure(entry)
    assert files(cache) == []


def test_a_huge_offer_is_refused(server, entry):
    server.answers = [whole(DATA, Content_Length=MAX_BYTES + 1)]
    assert "at most" in failure(replace(entry, bytes=None))


def test_a_login_page_is_not_weights(server, entry, cache):
    server.answers = [whole(b"<html>Welcome to the hotel", Content_Type="text/html")]
    assert "login page" in failure(entry)
    assert files(cache) == []


def test_a_file_whose_end_nobody_knows_is_refused(server, entry):
    server.answers = [unsized(DATA)]
    assert "a cut would go unnoticed" in failure(replace(entry, sha256=None, bytes=None))
    assert fetch(replace(entry, bytes=None)).read_bytes() == DATA
