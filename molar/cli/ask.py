"""Ask a finished checkpoint: recommend, search, similar."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from molar.cli import options as o

if TYPE_CHECKING:
    from molar.serving.recommender import Recommendation, Recommender


def add_recommend(verbs: o.Verbs) -> None:
    """`recommend`."""
    verb = o.new_verb(verbs, "recommend", recommend, "the next items after a history")
    _checkpoint(verb)
    verb.add_argument("--history", required=True, help="item ids, oldest first, separated by commas")
    what = "everything, molar, content or sasrec (default: everything where the checkpoint has it, else molar)"
    verb.add_argument("--model", help=what)
    what = (
        "logits on new items, which nobody has bought in training: negative for fewer, positive for more (default: 0)"
    )
    verb.add_argument("--new-items", type=float, default=0.0, metavar="X", help=what)


def recommend(options: Namespace) -> None:
    """Print what a model recommends after a history."""
    _print(_shop(options).recommend(o.listed(options.history), options.model, options.k, new_items=options.new_items))


def add_search(verbs: o.Verbs) -> None:
    """`search`."""
    verb = o.new_verb(verbs, "search", search, "items by the words of their title, description and attributes")
    _checkpoint(verb)
    verb.add_argument("--query", required=True, help="each word must begin some word of the item")


def search(options: Namespace) -> None:
    """Print the items that the words are found in, titles first, then the popular."""
    _print(_shop(options).search(options.query, limit=options.k))


def add_similar(verbs: o.Verbs) -> None:
    """`similar`."""
    verb = o.new_verb(verbs, "similar", similar, "the items most like one item, by their content alone")
    _checkpoint(verb)
    verb.add_argument("--item", required=True, metavar="ID", help="the id of the item")


def similar(options: Namespace) -> None:
    """Print the items whose content vectors are nearest to that of one item."""
    _print(_shop(options).similar(options.item, k=options.k))


def _checkpoint(verb: ArgumentParser) -> None:
    o.dataset(verb, interactions=False)
    o.checkpoint(verb)
    verb.add_argument("--k", type=o.whole(1, 100), default=10, help="how many items (default: 10)")


def _shop(options: Namespace) -> "Recommender":
    from molar.serving.recommender import Recommender

    return Recommender.load(options.dataset, options.checkpoint)


def _print(items: "list[Recommendation]") -> None:
    for item in items:
        print(f"{item.rank:3}  {item.item_id}  {item.title}")


VERBS = (add_recommend, add_search, add_similar)
