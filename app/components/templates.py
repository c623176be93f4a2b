"""HTML from the templates that lie beside the Python of each tab: whatever is put into one is escaped."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension

BETWEEN_PARTS = re.compile(r"(?<=[>}])\s*\n\s*(?=[<{])")


class NoLineBreaks(Extension):
    """A line break between two tags or expressions of a template is no space on the page: `{{ " " }}` makes one."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return BETWEEN_PARTS.sub("", source)


ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
    extensions=[NoLineBreaks],
)
ENVIRONMENT.filters["thousands"] = "{:,}".format


def render(template: str, **values: object) -> str:
    """The HTML of a template, named from app/ on (`tabs/quiz/quiz.html`), over `values`; a name that is not among them raises."""
    return ENVIRONMENT.get_template(template).render(values)
