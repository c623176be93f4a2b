"""Items as the page shows them: a picture with its title, and ranked ones with what moved them."""

from dataclasses import dataclass

from app.components.pictures import picture_url
from app.components.templates import render
from molar.core.schema import NO_ATTRIBUTES, TITLE
from molar.data.dataset import Dataset

PAGE = 24  # pictures the gallery adds at a time
AT_ONCE = 24  # gallery pictures that load with the page; the browser fetches later ones when they come near
MOST_FACTS = 4  # attributes of an item told in the text list


@dataclass(frozen=True)
class Item:
    """What a card shows; `picture` is an address, relative or `data:`."""

    number: int
    title: str
    picture: str
    facts: str = ""


@dataclass(frozen=True)
class Ranked:
    """One recommended item, with the title that it is recommended for and its ranks before and after alignment, or 0.

    new: nobody had chosen it before."""

    item: Item
    rank: int
    because: str | None = None
    before: int = 0
    after: int = 0
    new: bool = False


@dataclass(frozen=True)
class Row:
    """One ranked list, in the colour of a model, under a heading with what it rests on."""

    model: str
    heading: str
    hint: str
    ranked: list[Ranked]


def item(dataset: Dataset, number: int) -> Item:
    """An item of the page's own catalogue."""
    return Item(number, dataset.title(number), picture_url(dataset, number))


def all_items(dataset: Dataset) -> list[Item]:
    """All of them, with the first attributes of each in words: item number n is at n - 1."""
    told = [dataset.items[name].tolist() for name in dataset.items if name not in NO_ATTRIBUTES]
    facts = [
        " · ".join([cell.replace("|", ", ") for cell in cells if cell][:MOST_FACTS])
        for cells in (zip(*told) if told else [()] * dataset.n_items)
    ]
    titled = enumerate(zip(dataset.items[TITLE].tolist(), facts), start=1)
    return [Item(number, title, picture_url(dataset, number), about) for number, (title, about) in titled]


def gallery(shown: list[Item], total: int) -> str:
    """The first of `total` found items, and a button for more."""
    return render("components/gallery.html", items=shown, total=total, at_once=AT_ONCE)


def rows(ranked: list[Row], said: str = "") -> str:
    """Ranked lists side by side, best first, under a line that tells what the moves mean where there are some; `said` is read
    aloud."""
    moved = any(one.before for row in ranked for one in row.ranked)
    return render("components/rows.html", rows=ranked, moved=moved, said=said)
