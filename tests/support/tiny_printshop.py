"""A print shop of forty prints and sixty shoppers."""

from scripts.printshop.catalogue import Print
from scripts.printshop.tastes import Taste

TINY = Taste(shoppers=60, cut=100, end=130, most=12, extra_scale=2.0)


def tiny_prints() -> list[Print]:
    """Forty prints: ten series of four by five artists; the last edition of every second series comes after the cut."""
    prints = []
    for number in range(40):
        series, edition = divmod(number, 4)
        late = edition == 3 and series % 2 == 0
        prints.append(
            Print(
                item_id=f"p{number:04d}",
                seed=number,
                kind="motif",
                motif=("whale", "fern", "city")[number % 3],
                palette=("ink", "rose", "coral", "forest")[number * 7 % 4],
                technique=("linocut", "etching")[number // 3 % 2],
                mood="calm",
                artist=f"Artist {series % 5}",
                series=f"Series {series}",
                edition=edition + 1,
                editions=4,
                size="A4",
                price=29,
                year=2023,
                launch=102 if late else 7 * edition,
            )
        )
    return prints
