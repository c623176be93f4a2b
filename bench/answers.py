"""What one click asks of the models: `PageState.answers` for four picks, against another checkout of the project in the same run.

    python -m bench.answers --against FOLDER [--rounds 5]

The two are asked in turn, each in a process of its own; the best of the rounds counts. Prints milliseconds a click, how
often an item id is looked up for it, and the ratio of the times.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parents[1]
ASK = """
import json, sys, time
try:
    from app.state import PageState
except ModuleNotFoundError:  # where it stood in 0.1.0
    from app.shop import Shop as PageState
shop = PageState.open("assets/demo", "checkpoints/demo")
picks, kind, looked = (3, 141, 592, 653), type(shop.dataset), []
look_up = kind.item_number
kind.item_number = lambda *asked: looked.append(1) or look_up(*asked)
shop.answers(picks)
kind.item_number, seconds = look_up, []
for _ in range(200):
    began = time.perf_counter()
    shop.answers(picks)
    seconds.append(time.perf_counter() - began)
print(json.dumps({"ms": 1000 * min(seconds), "look_ups": len(looked)}))
"""


def ask(folder: Path) -> dict:
    """One process over the demo of a checkout."""
    out = subprocess.run([sys.executable, "-c", ASK], cwd=folder, capture_output=True, text=True, check=True).stdout
    return json.loads(out.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=Path, required=True, help="another checkout, such as a git worktree")
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    rounds = [(ask(HERE), ask(wanted.against)) for _ in range(wanted.rounds)]
    ours, theirs = (min(found, key=lambda one: one["ms"]) for found in zip(*rounds))
    told = {"here": ours, "against": theirs, "ratio": ours["ms"] / theirs["ms"], "load": os.getloadavg()[0]}
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
