"""`python -m molar VERB`, and the same as `molar VERB` where the package is installed.

A verb has two functions that stand side by side in the file of its group: one adds it with its flags, one runs it, a
thin layer over one function of the package, which is imported then and not before.
"""

import argparse
import os
import shlex
import sys

from molar.cli import ask, measure, prepare, train
from molar.core.errors import Cancelled, MolarError

DESCRIPTION = """\
Next-item recommendation from text and pictures, post-aligned with collaborative filtering.

In order:  check → fetch-backbone → finetune-encoder → encode → quantisation-report → train-id → choose-content →
           train → train-content → evaluate → evaluate-id → evaluate-content → draw-maps → recommend
Besides:   subset, search, similar, baseline-vectors
Every long command can be stopped; the same command resumes."""


def main(arguments: list[str] | None = None) -> int:
    """Run one verb. Returns the exit code: 0; 2 for an error the user can fix; 130 when stopped."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = build_parser().parse_args(arguments)
    options.command = shlex.join(["python", "-m", "molar", *arguments])  # results and checkpoints name it
    try:
        options.run(options)
    except (KeyboardInterrupt, Cancelled):
        print("stopped; the same command resumes", file=sys.stderr)
        return 130
    except MolarError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `python -m molar check … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def build_parser() -> argparse.ArgumentParser:
    """The parser of all verbs; each sets `run`, the function that does it."""
    parser = argparse.ArgumentParser(
        prog="python -m molar", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for group in (prepare, train, measure, ask):
        for add in group.VERBS:
            add(verbs)
    return parser
