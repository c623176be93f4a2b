"""The endpoints for programs, published by `gr.api` and listed in the API page; nothing else of the page is public."""

from dataclasses import asdict

import gradio as gr

from app.state import PageState
from molar.core.errors import MolarError


def publish(shop: PageState) -> None:
    """Add the endpoints. Must be called inside `gr.Blocks`."""

    def search_items(query: str, limit: int = 24) -> list[dict]:
        """Items whose words begin with every word of the query: item_id, title, rank, score (its popularity).

        Args:
            query: words, or the beginnings of words; "" lists the most popular items
            limit: how many items at most, 1 to 100
        """
        return _listed(shop.recommender.search, query, limit)

    def recommend(
        history: list[str], model: str = shop.recommender.default_model, k: int = 10, new_items: float = 0
    ) -> list[dict]:
        """The next items after a history: item_id, title, rank, score.

        Args:
            history: item ids, oldest first; an empty list gives the popular items
            model: "everything" (all that is known, joined), "content" (before alignment), "molar" (after it) or "sasrec" (ids only)
            k: how many items, 1 to 100
            new_items: logits on items that nobody had bought in training, -10 (fewest) to 10 (most); 0 as validation chose
        """
        _check_history(history)
        return _listed(shop.recommender.recommend, history, model, k, new_items=new_items)

    def similar_items(item_id: str, k: int = 10) -> list[dict]:
        """The items most like one of this page's items, by text and picture alone: item_id, title, rank, score (cosine).

        Args:
            item_id: an item of the catalogue
            k: how many items, 1 to 100
        """
        return _listed(shop.recommender.similar, item_id, k)

    def locate_user(history: list[str]) -> list[dict]:
        """Where a history lies on the three maps of shoppers: map, model, x, y, nearest (user_id, similarity).

        Args:
            history: item ids, oldest first; an empty list has no place. The ID map is absent where no item has a past.
        """
        _check_history(history)
        return [
            vars(place)
            | {
                "x": round(place.x, 4),
                "y": round(place.y, 4),
                "nearest": [{"user_id": user, "similarity": round(cosine, 4)} for user, cosine in place.nearest],
            }
            for place in _answer(shop.recommender.locate, history)
        ]

    gr.api(search_items, api_name="search_items")
    gr.api(recommend, api_name="recommend")
    gr.api(similar_items, api_name="similar_items")
    gr.api(locate_user, api_name="locate_user")


def _check_history(history) -> None:
    if not isinstance(history, list) or not all(isinstance(one, str) for one in history):
        raise gr.Error("history must be a list of item ids (strings).", print_exception=False)


def _listed(function, *arguments, **named) -> list[dict]:
    return [asdict(one) for one in _answer(function, *arguments, **named)]


def _answer(function, *arguments, **named):
    """What the function gives; its MolarError as one that Gradio shows."""
    try:
        return function(*arguments, **named)
    except MolarError as error:
        raise gr.Error(str(error), print_exception=False) from None
