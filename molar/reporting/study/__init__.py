"""What results/alignment-study.json tells: where alignment pays, as a picture and as tables.

What is drawn or said of that file alone enters here; what other results share stays in the room above.
"""

from pathlib import Path

from molar.experiments.curves import read_curves
from molar.reporting.study.chart import panels_svg
from molar.reporting.study.sections import STUDY, TITLE, StudyRows, panels, read_study, sections_of
from molar.reporting.study.speed import speed
from molar.reporting.tables import Section

__all__ = ["STUDY", "TITLE", "pictures", "read_study", "study_sections"]


def study_sections(folder: Path, studies: list[StudyRows]) -> list[Section]:
    """All sections, those of one dataset together; `folder` holds the learning curves."""
    curves = read_curves(folder / f"{STUDY}.json")
    found = []
    for one in studies:
        found += sections_of(one)
        faster = speed(one, curves)
        found += [faster] if faster else []
    return found


def pictures(studies: list[StudyRows]) -> dict[str, str]:
    """File name → the picture of a dataset's gains as an SVG file, of those that have one; the first is STUDY.svg."""
    drawn = [(one, found) for one in studies if (found := panels(one))]
    return {
        f"{STUDY}{f'-{place}' if place else ''}.svg": panels_svg(found, f"{TITLE}: {one.dataset}")
        for place, (one, found) in enumerate(drawn)
    }
