"""What the shipped demo answers, section by section; each function makes plain data for demo.json."""

import hashlib
import json
import re
from html import unescape

import numpy as np

from . import project
from .questions import HISTORIES, LIKE, LOCATED, PUZZLES, PUZZLES_HASHED, QUERIES, TIED


def sha16(value) -> str:
    """16 hex digits over plain data, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _float(value) -> float:
    return round(float(value), 6)


def _listed(found) -> list:
    assert [one.rank for one in found] == list(range(1, len(found) + 1))
    return [[one.item_id, _float(one.score)] for one in found]


def _asked(of: dict, answer) -> dict:
    return {name: {model: answer(history, model) for model in project.MODELS} for name, history in of.items()}


def data(shop) -> dict:
    """What is loaded, how it is split, and what `python -m molar check` says of it."""
    dataset, split = shop.dataset, shop.recommender.split
    return {
        "name": dataset.name,
        "items": dataset.n_items,
        "users": dataset.n_users,
        "purchases": len(dataset.sequence),
        "data_hash": dataset.data_hash,
        "encoded_columns": list(dataset.encoded_columns),
        "note": dataset.note,
        "split_hash": {method: project.split_dataset(dataset, method).split_hash for method in project.METHODS},
        "split": split.split_hash,
        "method": split.strategy,
        "trained_on": int(split.train_mask().sum()),
        "cold": int(split.cold.sum()),
        "held_out": int(split.held_out.sum()),
        "evaluated": {which: len(split.evaluation_users(which)) for which in ("validation", "test")},
        "check": project.said_by("check", str(project.DATASET)),
        "check without histories": project.said_by("check", str(project.DATASET), "--no-interactions"),
    }


def recommended(shop) -> dict:
    """History → model → its ten best: id, score."""
    return _asked(HISTORIES, lambda history, model: _listed(shop.recommender.recommend(history, model, 10)))


def reasons(shop) -> dict:
    """History → model → its ten best: id, the pick without which it would score least."""

    def because(history, model):
        return [[one.item_id, one.because] for one in shop.recommender.recommend_with_reasons(history, model, 10)]

    return _asked({name: history for name, history in HISTORIES.items() if name not in TIED}, because)


def searched(shop) -> dict:
    """Query → ten items, and how many are found in all (100 at most)."""
    found = {query: shop.recommender.search(query, 100) for query in QUERIES}
    return {query: [len(all_), _listed(all_[:10])] for query, all_ in found.items()}


def similar(shop) -> dict:
    """Item → the ten most like it."""
    return {item: _listed(shop.recommender.similar(item, 10)) for item in LIKE}


def located(shop) -> dict:
    """History → map → place, and the nearest shoppers with their cosines."""

    def told(place) -> list:
        near = [[str(shop.maps.user_ids[row]), _float(cosine)] for row, cosine in zip(place.nearest, place.similarity)]
        return [_float(place.x), _float(place.y), near]

    return {name: {view: told(place) for view, place in shop.maps.locate(HISTORIES[name]).items()} for name in LOCATED}


def maps(shop) -> dict:
    """What the browser draws from, hashed without the words in it, and the numbers that the maps are told in."""
    served, table = project.map_data.shoppers(shop.maps), shop.maps.table
    pairs = [column for column in table if column.startswith("overlap_")]
    return {
        "shape": {view: list(points.shape) for view, points in shop.maps.points.items()},
        "places": {view: sha16(places) for view, places in served["places"].items()},
        "reach": {view: list(map(_float, half)) for view, half in served["reach"].items()},
        "shoppers": sha16(served["shoppers"]),
        "last": sha16(served["last"]),
        "length": sha16(served["length"]),
        "colours": {
            one["key"]: [len(one["groups"]), _float(one["low"]), _float(one["high"]), sha16(one["of"])]
            for one in served["colours"]
        },
        "address": project.maps_address(shop),
        "overlap": {column: _float(table[column].mean()) for column in pairs},
        "agreement": {
            column: {view: _float(share) for view, share in shares.items()}
            for column, shares in shop.maps.agreement.items()
        },
        "summary": [_numerals(sentence) for sentence in project.map_data.summary(shop.maps)],
    }


def game(shop) -> dict:
    """The first puzzles with what is revealed when the first choice is guessed, and a hash over more of them."""
    table = project.Quiz(shop)
    puzzles = [table.question(place) for place in range(PUZZLES_HASHED)]
    return {
        "users": [len(table.users), sha16(table.users)],
        "puzzles": sha16([[one.user, one.history, one.target, one.choices] for one in puzzles]),
        "first": {str(one.user): _puzzle(table, one) for one in puzzles[:PUZZLES]},
    }


def _puzzle(table, puzzle) -> dict:
    reveal = table.reveal(puzzle, puzzle.choices[0])
    return {
        "history": len(puzzle.history),
        "target": puzzle.target,
        "choices": list(puzzle.choices),
        "ranked": reveal.ranked,
        "guesses": reveal.guesses,
        "ranks": reveal.ranks,
        "facts": {key: str(fact) for key, fact in reveal.facts.items()},
    }


def numbers(shop) -> dict:
    """The cells beside the maps, and of every run of the Evidence tab a hash over the numerals that it shows."""
    cells = [re.findall(r"<td>(.*?)</td>", line) for line in project.numbers_table().split("<tr")]
    pages = {key: _numerals(page) for key, page in project.evidence_pages(shop).items()}
    return {
        "metrics": {str(place): line for place, line in enumerate(filter(None, cells), start=1)},
        "evidence": {key: [len(found), sha16(found)] for key, found in pages.items()},
    }


def _numerals(html: str) -> list[str]:
    """The numbers in what a reader sees, in order. Words may be chosen anew; what was measured may not."""
    return re.findall(r"[−+-]?\d[\d,]*(?:\.\d+)?|\.\d+", unescape(re.sub(r"<[^>]*>", " ", html)))


SECTIONS = {
    "data": data,
    "recommend": recommended,
    "reasons": reasons,
    "search": searched,
    "similar": similar,
    "locate": located,
    "maps": maps,
    "game": game,
    "numbers": numbers,
}


def plain(value):
    """As it comes back from JSON: lists for tuples, Python's own numbers for NumPy's."""
    return json.loads(json.dumps(value, default=lambda one: one.item() if isinstance(one, np.generic) else list(one)))
