"""What trained models reached before candidates in training were those of ranking, beside what they reach now."""

from molar.data.segments import MAIN
from molar.reporting import labels
from molar.reporting.rows import Results
from molar.reporting.tables import Asked, Column, Section, by_model

TITLE = "Before and now"
NOTE = (
    "Before, the training losses counted what a user owns among what he might buy next, as ranking does not, and content models had "
    "no place for what is not in their item vectors. The histories are the same; where items have a date of sale, what was not on "
    "sale yet is no candidate any more, so that a difference is not that of the models alone."
)


def before_and_now(results: Results, metric: str) -> Section | None:
    """A table of the trained models that both have; None where results/before holds no such file."""
    before = results.before
    if before is None:
        return None
    slices = [name for name in MAIN if name in before.slices and name in results.slices]

    def column(of: Results, slice_: str, when: str) -> Asked:
        return Column(f"{labels.slice_name(slice_, of.size(slice_))}, {when}"), lambda label: of.cell(
            label, slice_, metric
        )

    columns = [column(of, name, when) for name in slices for of, when in ((before, "before"), (results, "now"))]
    shown = [label for label in results.models if label in labels.TRAINED and before.rows_of(label)]
    if not shown or not slices:
        return None
    return Section(TITLE, notes=[NOTE], table=by_model(shown, columns), source=before.source(before.own))
