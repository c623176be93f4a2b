"""What the first tab shows of a history: filters, gallery, the history bar, three rows of recommendations."""

from collections.abc import Iterable

from app.components.items import PAGE, Item, Ranked, Row, all_items, gallery, rows
from app.components.templates import render
from app.state import Answer, PageState
from app.strings import common
from app.strings import recommend as words
from app.tabs.recommend.facets import chosen_items, facets
from app.tabs.recommend.history import History
from app.tabs.recommend.personas import personas

SAID_ALOUD = 3  # recommendations that a screen reader reads after a change
MOST_SHIFT, STEP = 4, 0.25  # logits on new items at the ends of the slider, and between two of its places


class RecommendView:
    """Draws the tab for a history. No visitor's data live here."""

    def __init__(self, shop: PageState):
        self.shop = shop
        self._items = all_items(shop.dataset)
        self.facets = facets(shop.dataset.items)
        self.personas = personas(shop.dataset, shop.recommender.split, shop.truth)
        self.has_new_items = bool(shop.recommender.split.cold.any())
        self.column = str(shop.truth.columns[0]).replace("_", " ") if shop.truth is not None else None

    @property
    def begin(self) -> History:
        """The history that the page begins with: the first persona's."""
        return History(self.personas[0].items if self.personas else ())

    def items(self, numbers: Iterable[int]) -> list[Item]:
        """Items of the catalogue by their numbers."""
        return [self._items[number - 1] for number in numbers]

    def filters(self) -> str:
        """One choice a facet, "surprise me", and the switch between pictures and a text list."""
        return render("tabs/recommend/filters.html", facets=self.facets)

    def find(self, query: str, chosen: dict[str, str]) -> list[int]:
        """Item numbers that match the words and the filters, best first."""
        found = self.shop.recommender.words.find(query)
        kept = chosen_items(self.facets, chosen)
        return found if kept is None else [number for number in found if kept[number]]

    def gallery(self, query: str = "", chosen: dict[str, str] | None = None, shown: int = PAGE) -> str:
        """The first `shown` of what is found."""
        found = self.find(query, chosen or {})
        return gallery(self.items(found[:shown]), len(found))

    def history_bar(self, history: History, said: str = "", note: str = "") -> str:
        """The selected items, what can be done to them, and shoppers to borrow. `said` is read aloud."""
        borrowed = any(one.items == history.items for one in self.personas)
        return render(
            "tabs/recommend/history_bar.html",
            items=self.items(history.items),
            ids=self.shop.ids(history.items),
            hint=note or (words.BORROWED if borrowed else words.HISTORY_HINT if history.items else ""),
            undo=bool(history.past),
            said=said,
            personas=self.personas,
            column=self.column,
            numbers=history.items,
        )

    def new_items(self) -> str:
        """The slider that says how many new items are wanted."""
        return render("tabs/recommend/new_items.html", most=MOST_SHIFT, step=STEP)

    def rows(self, history: History, new_items: float) -> tuple[list[Row], str]:
        """A ranked list of each model, with reasons, and how they are told aloud: by what the default one ranks first."""
        answers = self.shop.answers(history.items, new_items=new_items)
        ranked = [
            Row(model, *common.ROWS[model], [self._ranked(one) for one in found]) for model, found in answers.items()
        ]
        read = next(row for row in ranked if row.model == self.shop.recommender.default_model)
        titles = [one.item.title for one in read.ranked[:SAID_ALOUD]]
        return ranked, words.said(len(history.items), read.heading, titles)

    def _ranked(self, one: Answer) -> Ranked:
        because = None if one.because is None else self._items[one.because - 1].title
        return Ranked(self._items[one.number - 1], one.rank, because, one.before, one.after, one.new)

    def drawn(self, history: History, new_items: float, note: str = "") -> tuple[History, str, str, list[str]]:
        """History, history bar, rows, and the ids that the browser keeps for the next visit."""
        ranked, aloud = self.rows(history, new_items)
        said = " ".join(part for part in (note, aloud) if part)
        return history, self.history_bar(history, said, note), rows(ranked), self.shop.ids(history.items)

    def moved(self, history: History, new_items: float) -> str:
        """The rows alone, after the slider."""
        return rows(*self.rows(history, new_items))
