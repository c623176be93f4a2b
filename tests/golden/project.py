"""The one place of these tests that knows where the project's code lies, and how it is asked.

When modules move, this file changes and no other here: the records do not, or the move was more than a move.
"""

import argparse
import contextlib
import importlib
import io
import sys
from pathlib import Path

import torch

import molar
from app.page import start
from app.state import PageState
from app.tabs.alignment import map_data, numbers
from app.tabs.evidence import tab as evidence
from app.tabs.quiz.quiz import Quiz
from molar.cli.main import build_parser, main
from molar.core.schema import MODELS
from molar.data.splits import STRATEGIES as METHODS
from molar.data.splits import split_dataset
from molar.experiments.results import read_rows
from molar.reporting.files import read_results as read_all_results

ROOT = Path(__file__).parents[2]
DATASET, CHECKPOINT, RESULTS = ROOT / "assets/demo", ROOT / "checkpoints/demo", ROOT / "results"

__all__ = ["METHODS", "MODELS", "PageState", "Quiz", "map_data", "split_dataset", "start"]


def open_demo() -> PageState:
    """The shipped shop; its parts are `recommender` (`dataset`, `split`) and `maps`."""
    return PageState(molar.load(DATASET, CHECKPOINT))


def maps_address(shop: PageState) -> str:
    """Where the browser gets the shoppers of the maps."""
    return map_data.Packed(shop.maps).address


@contextlib.contextmanager
def one_thread():
    """PyTorch on one thread until the block ends: sums in one order however many cores there are, and no waiting for the
    slowest of several threads, which on a busy machine takes longer than all of the work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def said_by(*arguments: str) -> list[str]:
    """The lines that `python -m molar ARGUMENTS` prints, its exit code last."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = main(list(arguments))
    return [*printed.getvalue().splitlines(), f"exit code {code}"]


def numbers_table() -> str:
    """The HTML of the numbers beside the maps."""
    return numbers.table(CHECKPOINT / "metrics.json")


def evidence_pages(shop: PageState) -> dict[str, str]:
    """The key of everything that the Evidence tab lets a visitor choose → its HTML."""
    served = shop.dataset.data_hash
    runs, problems = read_all_results(RESULTS, served, CHECKPOINT)
    assert not problems
    return {
        key: evidence.page(RESULTS, served, CHECKPOINT, {"run": key})
        for key in [*(run.key for run in runs), evidence.BY_TASTE]
    }


def read_results(path: Path) -> list[dict]:
    """The rows of a results file by the project's own reader, as dicts of either shape that `results.canonical` knows."""
    return read_rows(path)


class _Parsed(BaseException):
    """Ends a program once its arguments are read; no `except Exception` holds it."""


def parse_molar(arguments: list[str]) -> None:
    """As `python -m molar ARGUMENTS` would read them. SystemExit when it would refuse."""
    build_parser().parse_args(arguments)


def parse_program(module: str, arguments: list[str], monkeypatch) -> None:
    """Let the `main` of a module read these arguments and do no more. SystemExit when it would refuse them."""
    reads = argparse.ArgumentParser.parse_args

    def parse_and_stop(self, *given, **named):
        reads(self, *given, **named)
        raise _Parsed

    program = importlib.import_module(module)
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_and_stop)
    monkeypatch.setattr(sys, "argv", [program.__file__, *arguments])
    with contextlib.suppress(_Parsed):
        program.main()
        raise AssertionError(f"{module} did its work without reading its arguments")
