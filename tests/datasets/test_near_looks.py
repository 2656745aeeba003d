"""Looks that lie near each other are found as if each were compared with each."""

import random

from mobilenetv2.datasets.near_looks import MOST_IN_A_BAND, NEAR_BITS, NearLooks


def test_the_nearest_is_found_as_by_comparing_all():
    chance = random.Random(3)
    seen = [chance.getrandbits(64) for _ in range(300)]
    looks = NearLooks()
    for number, look in enumerate(seen):
        looks.add(look, number)
    for number, look in enumerate(seen):
        for bits in range(1, NEAR_BITS + 3):
            changed = look
            for place in chance.sample(range(64), bits):
                changed ^= 1 << place
            apart = [(changed ^ other).bit_count() for other in seen]
            expected = number if min(apart) <= NEAR_BITS else None
            assert looks.nearest(changed) == expected


def test_of_equal_looks_the_first_is_named():
    looks = NearLooks()
    looks.add(7, 3)
    looks.add(7, 4)
    assert looks.nearest(7) == 3


def test_a_film_of_a_still_scene_is_found_near_though_few_frames_are_compared():
    chance, looks = random.Random(1), NearLooks()
    scene = chance.getrandbits(64)
    for number in range(3 * MOST_IN_A_BAND):
        frame = scene ^ (1 << chance.randrange(64)) ^ (1 << chance.randrange(64))
        assert number == 0 or looks.nearest(scene) is not None
        looks.add(frame, number)
