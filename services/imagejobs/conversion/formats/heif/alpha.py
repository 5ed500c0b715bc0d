"""Which item holds the alpha of the primary picture (ISO/IEC 23008-12, 6.6; MIAF, ISO/IEC 23000-22, 7.3.5)."""

from collections.abc import Sequence
from dataclasses import dataclass

from imagejobs.conversion.formats.heif.items import AUXILIARY_OF, PARTS, Item, Items

_ALPHA_KINDS = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0", b"urn:mpeg:hevc:2015:auxid:1\0")
_PREMULTIPLIED_BY = b"prem"


@dataclass(frozen=True, slots=True)
class Alpha:
    """The item of the alpha, and the numbers of its parts if it is assembled from several.

    Where each tile of a grid has an alpha of its own, `item` is the grid of the colours, and `parts` are the alphas.
    """

    item: Item
    parts: tuple[int, ...]
    is_premultiplied: bool


def find_alpha(items: Items) -> Alpha | None:
    """The alpha of the primary picture: its own, or else the alphas of all tiles of its grid, as in libavif."""
    primary = items.find(items.primary)
    alpha_of = _alpha_items(items)
    if (number := alpha_of.get(items.primary)) is not None:
        item = items.find(number)
        parts = item.references.get(PARTS, ())
        return Alpha(item, tuple(parts), number in primary.references.get(_PREMULTIPLIED_BY, ()))
    tiles = _tiles_of(primary)
    if not tiles or not all(tile in alpha_of for tile in tiles):
        return None
    return Alpha(primary, tuple(alpha_of[tile] for tile in tiles), _are_premultiplied(items, tiles, alpha_of))


def is_on_some_tiles_only(items: Items) -> bool:
    """Whether the primary picture is a grid in which some tiles have an alpha and others have none."""
    alpha_of = _alpha_items(items)
    return len({tile in alpha_of for tile in _tiles_of(items.find(items.primary))}) > 1


def _tiles_of(picture: Item) -> tuple[int, ...]:
    return tuple(picture.references.get(PARTS, ())) if picture.kind == b"grid" else ()


def _alpha_items(items: Items) -> dict[int, int]:
    """The number of the first alpha item of each item that has one."""
    found: dict[int, int] = {}
    for number, item in items.by_id.items():
        if _is_alpha(item):
            for target in item.references.get(AUXILIARY_OF, ()):
                found.setdefault(target, number)
    return found


def _is_alpha(item: Item) -> bool:
    return any(box.kind == b"auxC" and box.data[4:].startswith(_ALPHA_KINDS) for box in item.properties)


def _are_premultiplied(items: Items, tiles: Sequence[int], alpha_of: dict[int, int]) -> bool:
    return all(alpha_of[tile] in items.find(tile).references.get(_PREMULTIPLIED_BY, ()) for tile in set(tiles))
