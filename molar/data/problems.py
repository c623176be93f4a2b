"""What is wrong with a table or a folder, with its place, and how a list of such problems is written for people."""

from dataclasses import dataclass

ERROR = "error"
WARNING = "warning"
SHOWN = 20  # problems that are written out one by one


@dataclass(frozen=True)
class Problem:
    """One thing to fix. `row` counts as a spreadsheet does: the header is row 1; None where the file as a whole is meant."""

    file: str
    row: int | None
    column: str | None
    what: str
    severity: str = ERROR

    @property
    def place(self) -> str:
        """`items.csv, row 7, column title`."""
        row = f", row {self.row}" if self.row is not None else ""
        return f"{self.file}{row}{f', column {self.column}' if self.column else ''}"

    def __str__(self) -> str:
        return f"{self.severity}: {self.place}: {self.what}"


def describe(problems: list[Problem]) -> str:
    """For people: the first twenty errors one by one, then a count; warnings of one kind on one line each."""
    errors = [problem for problem in problems if problem.severity == ERROR]
    lines = [str(problem) for problem in errors[:SHOWN]]
    if len(errors) > SHOWN:
        lines.append(f"… and {len(errors) - SHOWN:,} more errors")
    kinds: dict[tuple, list[Problem]] = {}
    for problem in problems:
        if problem.severity == WARNING:
            kinds.setdefault((problem.file, problem.column, problem.what), []).append(problem)
    for same in list(kinds.values())[:SHOWN]:
        lines.append(_one_line(same))
    if len(kinds) > SHOWN:
        lines.append(f"… and {len(kinds) - SHOWN:,} more kinds of warnings")
    return "\n".join(lines)


def _one_line(same: list[Problem]) -> str:
    if len(same) == 1:
        return str(same[0])
    first = same[0]
    rows = ", ".join(f"{problem.row}" for problem in same[:5]) + (", …" if len(same) > 5 else "")
    place = first.file + (f", column {first.column}" if first.column else "")
    return f"{first.severity}: {place}: {first.what} ({len(same):,} rows: {rows})"
