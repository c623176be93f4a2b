"""Lists beside a dataset: of the users who are asked, and of the items that are variants of one another."""

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from molar.core import schema as c
from molar.core.errors import MolarError
from molar.data.csv_reader import read_table, stored_table
from molar.data.dataset import Dataset
from molar.data.problems import describe

GROUP = "group"  # the column of a file of groups
SHOWN = 3  # ids that an error names


@dataclass(frozen=True, eq=False)
class UserList:
    """Some users of a dataset."""

    name: str  # of the file, without endings
    users: np.ndarray  # (n,) int64 user indices, ascending
    sha: str  # 16 hex digits over the ids, whatever their order in the file

    def __len__(self) -> int:
        return len(self.users)

    def __str__(self) -> str:
        return f"{len(self):,} users of {self.name}"


def read_user_list(path: str | Path, dataset: Dataset) -> UserList:
    """The users of a file with one user id a line, which may be gzipped; empty lines are passed over, repeated ids count once.

    Raises MolarError where there is no such file, where it cannot be read or names nobody, and for ids that the dataset does
    not have."""
    path = stored_table(Path(path))
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.name.endswith(".gz") else raw).decode("utf-8-sig")
    except FileNotFoundError:
        raise MolarError(f"There is no file of users {path}.") from None
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise MolarError(f"The file of users {path} cannot be read ({error}).") from None
    ids = sorted({line.strip() for line in text.splitlines()} - {""})
    if not ids:
        raise MolarError(f"{path} names no user: one user id a line is needed.")
    numbers = pd.Index(dataset.user_ids).get_indexer(ids)
    unknown = [one for one, number in zip(ids, numbers, strict=True) if number < 0]
    if unknown:
        raise MolarError(
            f"{path} names {_some(unknown, 'user')} that {dataset.name} does not have: one user id a line is needed, "
            "as interactions.csv has them."
        )
    digest = hashlib.sha256("\n".join(ids).encode()).hexdigest()[:16]
    return UserList(path.name.split(".")[0], np.sort(numbers).astype(np.int64), digest)


def read_groups(path: str | Path, dataset: Dataset) -> np.ndarray:
    """(n_items + 1,) int64: items of one number, from 1, are variants of one another; 0 for those that the file leaves out.

    The file is a CSV with the columns item_id and group, which may be gzipped. Raises MolarError where it cannot be read,
    names an item twice, or one that the dataset does not have."""
    path = Path(path)
    table, problems = read_table(path)
    if table is None or problems:
        raise MolarError(f"The file of groups {path} cannot be used:\n{describe(problems)}")
    missing = [column for column in (c.ITEM, GROUP) if column not in table]
    if missing:
        raise MolarError(f"The file of groups {path} has no column {missing[0]}: it needs {c.ITEM} and {GROUP}.")
    table = table[table[GROUP] != ""]
    numbers = pd.Index(dataset.item_ids).get_indexer(table[c.ITEM])
    for wrong, what in ((numbers < 1, f"that {dataset.name} does not have"), (table.duplicated(c.ITEM), "twice")):
        if wrong.any():
            raise MolarError(f"{path} names {_some(list(table[c.ITEM][wrong]), 'item')} {what}.")
    groups = np.zeros(dataset.n_items + 1, np.int64)
    groups[numbers] = pd.factorize(table[GROUP])[0] + 1
    return groups


def _some(ids: list[str], what: str) -> str:
    """How many there are, and the first few."""
    few = ", ".join(f'"{one}"' for one in ids[:SHOWN]) + (", …" if len(ids) > SHOWN else "")
    return f"{len(ids):,} {what}{'s' * (len(ids) != 1)} ({few})"
