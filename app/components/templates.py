"""HTML from the templates that lie beside the Python of each tab: whatever is put into one is escaped."""

import re
from pathlib import Path
from types import SimpleNamespace

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup, escape

from app.strings import alignment, catalogue, common, evidence, quiz, recommend

BETWEEN_PARTS = re.compile(r"(?<=[>}])\s*\n\s*(?=[<{])")


class NoLineBreaks(Extension):
    """A line break between two tags or expressions of a template is no space on the page: `{{ " " }}` makes one."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return BETWEEN_PARTS.sub("", source)


def code(text: str) -> Markup:
    """What stands between backticks as <code>, for our own sentences."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
    extensions=[NoLineBreaks],
)
ENVIRONMENT.filters["code"] = code
ENVIRONMENT.globals["strings"] = SimpleNamespace(
    alignment=alignment, catalogue=catalogue, common=common, evidence=evidence, quiz=quiz, recommend=recommend
)


def render(template: str, **values: object) -> str:
    """The HTML of a template, named from app/ on (`tabs/quiz/quiz.html`), over `values`; a name that is not there raises."""
    return ENVIRONMENT.get_template(template).render(values)


def note(text: str, look: str = "quiet") -> str:
    """A paragraph of its own, `unseen` for screen readers alone; "" for no text."""
    return render("components/note.html", text=text, look=look)
