"""The JavaScript package in node, once for all tests."""

from collections.abc import Iterator

import pytest

from tests.web.javascript import JavaScript, find_node


@pytest.fixture(scope="session")
def javascript() -> Iterator[JavaScript]:
    node = find_node()
    if node is None:
        pytest.skip("node is not installed (Debian: apt install nodejs)")
    with JavaScript(node) as process:
        yield process
