"""The catalogue is data; these are the rules its rows keep."""

import hashlib
import re

import pytest

from mobilenetv2.catalog.embedded import EmbeddedWeights
from mobilenetv2.catalog.entries import CATALOG, PublicWeights, find

PUBLIC = [entry for entry in CATALOG if isinstance(entry, PublicWeights)]


def test_names_and_files_are_unique():
    assert len({entry.name for entry in CATALOG}) == len(CATALOG)
    assert len({entry.file for entry in CATALOG}) == len(CATALOG)


def test_find_knows_every_name_and_no_other():
    assert all(find(entry.name) is entry for entry in CATALOG)
    assert find("imagenet ") is None
    assert find("") is None


def test_the_first_entry_needs_no_network():
    assert isinstance(find("objects"), EmbeddedWeights)


@pytest.mark.parametrize("entry", PUBLIC, ids=lambda entry: entry.name)
def test_a_public_file_can_be_fetched_and_judged(entry):
    assert all(url.startswith("https://") for url in entry.urls)
    assert entry.sha256 is None or re.fullmatch("[0-9a-f]{64}|[0-9a-f]{8}", entry.sha256)
    assert entry.license
    assert entry.figure is None or re.fullmatch(
        r"\d\d\.\d+ (top-1, ImageNet val|mIoU, PASCAL VOC 2012 val)", entry.figure
    )
    # The name becomes a path below the cache folder and a part of an address.
    assert re.fullmatch(r"[\w.-]+", entry.file)
    assert not entry.file.startswith(".")


def test_torchvision_s_hashes_are_those_in_the_file_names():
    for name in ("torchvision-v1", "torchvision-v2"):
        entry = find(name)
        assert entry.urls[0].endswith(f"-{entry.sha256}.pth")


@pytest.mark.parametrize("name", ["imagenet", "imagenet-quant", "voc", "voc-0.5", "open-images"])
def test_hash_and_size_are_those_of_the_real_file(name, shared):
    entry = find(name)
    content = (shared / "weights" / entry.file).read_bytes()
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (entry.sha256, entry.bytes)
