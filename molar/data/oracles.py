"""Ranks that a simulated dataset brings along: the limits, known of the process that drew the purchases.

The latent-preference oracle ranks by the probabilities that the user's next item was drawn from; the Bayes oracle by their
posterior mean given the history alone; the attainable oracle does as the Bayes oracle, but of an item that nobody has
bought before it knows only what text and picture tell. All leave seen items out, and those not yet available.
DATASET/truth/oracle.csv, perhaps gzipped, has the columns user_id, split, item_id and one or more of knowing_rank (latent preferences),
reading_rank (Bayes, from the history) and attainable_rank; attainable_among_cold is the rank of a cold item where cold items are
the only candidates, 0 elsewhere. interactions-0.csv has its ranks in truth/oracle-0.csv, and so on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from molar.core import schema as c
from molar.core.errors import MolarError
from molar.data.dataset import Dataset

RANK_COLUMNS = {
    c.LATENT_PREFERENCE_ORACLE: "knowing_rank",
    c.BAYES_ORACLE: "reading_rank",
    c.ATTAINABLE_ORACLE: "attainable_rank",
}
AMONG_COLD_COLUMNS = {c.ATTAINABLE_ORACLE: "attainable_among_cold"}


@dataclass(frozen=True, eq=False)
class OracleRanks:
    """Ranks (n,) of users' targets by one oracle; among cold items alone where the file tells them, 0 for warm targets."""

    ranks: np.ndarray
    among_cold: np.ndarray | None = None


def read_oracles(
    dataset: Dataset, interactions: str, subset: str, users: np.ndarray, targets: np.ndarray | Sequence[int]
) -> dict[str, OracleRanks]:
    """Oracle name → ranks of `targets` (n,) for user indices `users` (n,); {} when the dataset has none.

    Raises MolarError when a user is missing or when an item is not the subset's target: the file is of other data.
    """
    path = dataset.root / "truth" / Path(interactions).name.replace("interactions", "oracle")
    path = path if path.is_file() else path.with_name(f"{path.name}.gz")
    if not path.is_file():
        return {}
    table = pd.read_csv(path, dtype={c.USER: str, c.ITEM: str, "split": str}, keep_default_na=False)
    table = table[table["split"] == subset].set_index(c.USER)
    if not table.index.is_unique:
        raise MolarError(f"{path} names a user twice for {subset}; write it again for {interactions}.")
    table = table.reindex(dataset.user_ids[users])
    wrong = np.flatnonzero(table[c.ITEM].to_numpy() != dataset.item_ids[np.asarray(targets)])
    if len(wrong):
        user = dataset.user_ids[users[wrong[0]]]
        raise MolarError(
            f"{path} does not hold the {subset} item of {len(wrong):,} users, {user} for one; "
            f"write it again for {interactions}."
        )

    def ranks(column: str | None) -> np.ndarray | None:
        return table[column].to_numpy(np.int64) if column in table else None

    found = {name: (ranks(column), ranks(AMONG_COLD_COLUMNS.get(name))) for name, column in RANK_COLUMNS.items()}
    return {name: OracleRanks(of_all, among) for name, (of_all, among) in found.items() if of_all is not None}
