"""What opens beside the maps for one shopper or for the visitor: the history, and who is near in each of the three spaces."""

from collections.abc import Sequence
from html import escape

from app.components.pictures import picture_url
from app.strings import page as words
from molar.serving.map_queries import Place, ShopperMaps

SHOWN_PRINTS = 14
NEAR_PRINTS = 4


def of_shopper(maps: ShopperMaps, row: int) -> dict:
    """{"html", "near"}: the panel of shopper `row`, and view → the rows of the nearest shoppers."""
    known = [f"{column.replace('_', ' ')}: {maps.table[column].iloc[row]}" for column in maps.truths]
    places = maps.nearest(row)
    title = words.shopper(str(maps.user_ids[row]))
    return _answer(maps, title, known, maps.history(row).tolist(), places)


def of_visitor(maps: ShopperMaps, history: Sequence[int], places: dict[str, Place]) -> dict:
    """The same for the visitor's own history, with "points": view → place on the map; a sentence for an empty history."""
    if not places:
        return {"html": f'<p class="quiet">{words.NOT_ON_MAPS}</p>', "near": {}, "points": {}}
    points = {view: [place.x, place.y] for view, place in places.items()}
    answer = _answer(maps, words.YOUR_HISTORY_ON_MAPS, [], list(history), places)
    return answer | {"points": points}


def _answer(maps: ShopperMaps, title: str, known: list[str], history: list[int], places: dict) -> dict:
    near = {view: place.nearest.tolist() for view, place in places.items()}
    known = [*known, words.prints_bought(len(history))]
    html = (
        f'<div class="head"><h2>{escape(title)}</h2><span class="quiet">{escape(" · ".join(known))}</span></div>'
        f"{_history(maps, history)}"
        f'<div class="thirds">{"".join(_near(maps, view, places, near) for view in words.NEAR)}</div>'
    )
    return {"html": html, "near": near}


def _history(maps: ShopperMaps, history: list[int]) -> str:
    dataset = maps.recommender.dataset
    shown = history[-SHOWN_PRINTS:]
    earlier = (
        f'<li class="quiet earlier">{words.prints_earlier(len(history) - len(shown))}</li>'
        if len(history) > len(shown)
        else ""
    )
    prints = "".join(
        f'<li><img src="{picture_url(dataset, number)}" alt="{escape(dataset.title(number))}" '
        f'title="{escape(dataset.title(number))}" loading="lazy"></li>'
        for number in shown
    )
    return f'<ol class="prints" tabindex="0" aria-label="{words.HISTORY_OLDEST_FIRST}">{earlier}{prints}</ol>'


def _near(maps: ShopperMaps, view: str, places: dict[str, Place], near: dict[str, list[int]]) -> str:
    """The nearest shoppers of one space; those that another space also has are marked with its name."""
    heading = f"<h3>{words.NEAR[view]}</h3>"
    if view not in places:
        return f'<section data-space="{view}">{heading}<p class="quiet">{words.NO_ID_PLACE}</p></section>'
    place = places[view]
    others = [other for other in words.NEAR if other != view and other in near]
    lines = "".join(
        _neighbour(maps, row, similarity, [words.SPACES[other] for other in others if row in near[other]])
        for row, similarity in zip(near[view], place.similarity, strict=True)
    )
    shared = {other: len(set(near[view]) & set(near[other])) for other in others}
    counts = words.shared(len(near[view]), {words.SPACES[other]: count for other, count in shared.items()})
    return f'<section data-space="{view}">{heading}<p class="quiet">{counts}</p><ol>{lines}</ol></section>'


def _neighbour(maps: ShopperMaps, row: int, similarity: float, also: list[str]) -> str:
    dataset = maps.recommender.dataset
    user = escape(str(maps.user_ids[row]))
    prints = "".join(
        f'<img src="{picture_url(dataset, number)}" alt="" loading="lazy">'
        for number in maps.history(row)[-NEAR_PRINTS:].tolist()
    )
    marks = "".join(f'<em data-also="{name}">{name}</em>' for name in also)
    return (
        f'<li{" class=shared" if also else ""}><button type="button" data-shopper="{row}">'
        f'<span class="who">{user}</span><span class="also">{marks}</span>'
        f'<span class="cosine">{words.cosine(similarity)}</span><span class="tiny">{prints}</span></button></li>'
    )
