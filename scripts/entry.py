"""How a program of this folder begins and ends: its arguments, its command line for the results, its exit code."""

import argparse
import shlex
import sys
from collections.abc import Callable

from molar.core.errors import MolarError


def parser(module: str, doc: str | None) -> argparse.ArgumentParser:
    """An argument parser for `python -m MODULE`, which `doc`, the module's docstring, describes."""
    return argparse.ArgumentParser(
        prog=f"python -m {module}", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def run(arguments: argparse.ArgumentParser, work: Callable[[argparse.Namespace], None]) -> int:
    """Do the work with the options that were given, `command` among them: the command line, which results name.

    Returns the exit code: 0; 2 for an error the user can fix, told in one sentence; 130 when stopped."""
    options = arguments.parse_args()
    options.command = shlex.join([*arguments.prog.split(), *sys.argv[1:]])
    try:
        work(options)
    except MolarError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command resumes", file=sys.stderr)
        return 130
    return 0
