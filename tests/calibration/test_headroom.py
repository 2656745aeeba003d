"""Few pictures have not shown how far a map will reach."""

import numpy as np
import pytest

from mobilenetv2.calibration.headroom import SETTLED, expected_reach
from mobilenetv2.calibration.map_ranges import map_affines
from mobilenetv2.calibration.observe import every_map_runner, no_histograms, observe_channels
from mobilenetv2.network.build import build
from mobilenetv2.tasks.pixels import pixel_values
from mobilenetv2.weights.quantized import Affine
from tests.calibration.networks import CLASSIFIER, floats, pictures


def test_what_many_pictures_reach_is_expected_of_few():
    """Channels whose reach over pictures is Gumbel's, as maxima's is."""
    random = np.random.default_rng(0)
    reaches = random.gumbel(2.0, 0.6, (20 * SETTLED, 200)).clip(0.1)
    many = reaches.reshape(20, SETTLED, 200).max(1).mean(0)
    for count in (5, 20, 50):
        some = reaches[: SETTLED // count * count].reshape(-1, count, 200)
        seen = some.max(1).mean(0)
        expected = np.mean([expected_reach(one) for one in some], axis=0)
        assert (seen / many).mean() < 0.95
        assert (expected / many).mean() == pytest.approx(1, abs=0.06), count


def test_one_picture_is_believed_to_be_usual():
    assert expected_reach(np.array([[1.0, 0.0]])) == pytest.approx([2.44, 0.0], abs=0.01)


def test_enough_pictures_are_believed_as_they_are():
    reaches = np.random.default_rng(0).uniform(0, 1, (SETTLED, 3))
    np.testing.assert_array_equal(expected_reach(reaches), reaches.max(0))


def test_maps_have_room_and_a_bound_stays_a_bound():
    checkpoint = floats(CLASSIFIER)
    graph, values = build(CLASSIFIER), pixel_values(checkpoint.preprocessing)
    run = every_map_runner(graph, checkpoint.weights, values)
    seen = observe_channels(run, pictures(CLASSIFIER, 2), lambda: None)
    rooms = {name: one.headroom for name, one in seen.items()}
    affines = map_affines(graph, no_histograms(seen), rooms, Affine(0.01, 128), "extremes")
    bounded = 0
    for conv in graph.convs:
        found, reach = seen[conv.name], 255 * affines[conv.name].scale
        assert found.headroom > 1.2
        wanted = found.headroom * (found.high.max() - min(found.low.min(), 0))
        if conv.activation == "relu6":
            bounded += wanted > 6
            wanted = min(wanted, 6)
        assert reach == pytest.approx(wanted, rel=0.03)
    assert bounded
