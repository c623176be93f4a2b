"""What opens beside the maps for one shopper or for the visitor: the history, and who is near in each of the three spaces."""

from collections.abc import Sequence

from app.components.items import item
from app.components.pictures import picture_url
from app.components.templates import note, render
from app.strings import alignment as words
from molar.serving.map_queries import Place, ShopperMaps

SHOWN_ITEMS = 14
NEAR_ITEMS = 4


def of_shopper(maps: ShopperMaps, row: int) -> dict:
    """{"html", "near"}: the panel of shopper `row`, and view → the rows of the nearest shoppers."""
    known = [f"{column.replace('_', ' ')}: {maps.table[column].iloc[row]}" for column in maps.truths]
    places = maps.nearest(row)
    title = words.shopper(str(maps.user_ids[row]))
    return _answer(maps, title, known, maps.history(row).tolist(), places)


def of_visitor(maps: ShopperMaps, history: Sequence[int], places: dict[str, Place]) -> dict:
    """The same for the visitor's own history, with "points": view → place on the map; a sentence for an empty history."""
    if not places:
        return {"html": note(words.NOT_ON_MAPS), "near": {}, "points": {}}
    points = {view: [place.x, place.y] for view, place in places.items()}
    answer = _answer(maps, words.YOUR_HISTORY_ON_MAPS, [], list(history), places)
    return answer | {"points": points}


def _answer(maps: ShopperMaps, title: str, known: list[str], history: list[int], places: dict[str, Place]) -> dict:
    near = {view: place.nearest.tolist() for view, place in places.items()}
    shown = history[-SHOWN_ITEMS:]
    html = render(
        "tabs/alignment/inspector.html",
        title=title,
        known=[*known, words.items_bought(len(history))],
        items=[item(maps.recommender.dataset, number) for number in shown],
        earlier=len(history) - len(shown),
        spaces=[_space(maps, view, places.get(view), near) for view in words.NEAR],
    )
    return {"html": html, "near": near}


def _space(maps: ShopperMaps, view: str, place: Place | None, near: dict[str, list[int]]) -> dict:
    """The nearest shoppers of one space; those that another space also has are marked with its name."""
    if place is None:
        return {"view": view, "near": None}
    others = [other for other in words.NEAR if other != view and other in near]
    shared = {words.SPACES[other]: len(set(near[view]) & set(near[other])) for other in others}
    lines = [
        _neighbour(maps, row, similarity, [words.SPACES[other] for other in others if row in near[other]])
        for row, similarity in zip(near[view], place.similarity, strict=True)
    ]
    return {"view": view, "near": lines, "shared": words.shared(len(near[view]), shared)}


def _neighbour(maps: ShopperMaps, row: int, similarity: float, also: list[str]) -> dict:
    last = maps.history(row)[-NEAR_ITEMS:].tolist()
    pictures = [picture_url(maps.recommender.dataset, number) for number in last]
    return {
        "row": row,
        "user": str(maps.user_ids[row]),
        "similarity": similarity,
        "also": also,
        "pictures": pictures,
    }
