"""Pictures that look alike, found in a time that grows with their number and not its square."""

from collections.abc import Iterator

NEAR_BITS = 3
"""Of 64. So far may the looks of one picture in two sizes or qualities lie apart; two frames of
a still scene lie that near too, and are as little a test."""

MOST_IN_A_BAND = 2000
"""Looks that are compared because a quarter of their bits is the same. Of a film of a still scene
the later frames are then compared with the first 2000, which is as good."""

_BANDS = NEAR_BITS + 1
# Each band takes two cells of every row: pictures on a white ground have equal rows above and
# below, and equal columns at the sides, so a band of whole rows or columns would tell nothing.
_PLACES = tuple(
    tuple(8 * row + column for row in range(8) for column in range(8) if (row + column) % 4 == band)
    for band in range(_BANDS)
)
_MASKS = tuple(sum(1 << place for place in places) for places in _PLACES)


class NearLooks:
    """Looks that were seen, each with the number of its picture.

    Of two looks that differ in `NEAR_BITS` at most, one of the four bands is the same: only those
    that share a band are compared.
    """

    def __init__(self) -> None:
        self._first: dict[int, int] = {}
        self._bands: tuple[dict[int, list[int]], ...] = tuple({} for _ in _MASKS)

    def add(self, look: int, number: int) -> None:
        """Remember a picture; of equal looks the first stays."""
        if look in self._first:
            return
        self._first[look] = number
        for mask, band in zip(_MASKS, self._bands, strict=True):
            those = band.setdefault(look & mask, [])
            if len(those) < MOST_IN_A_BAND:
                those.append(look)

    def nearest(self, look: int) -> int | None:
        """The number of the picture that looks most alike, or None where none is near."""
        if look in self._first:
            return self._first[look]
        found = min(self._near(look), default=None)
        return None if found is None else found[1]

    def _near(self, look: int) -> Iterator[tuple[int, int]]:
        for mask, band in zip(_MASKS, self._bands, strict=True):
            for other in band.get(look & mask, ()):
                apart = (look ^ other).bit_count()
                if apart <= NEAR_BITS:
                    yield apart, self._first[other]
