"""From the start of the process to the first page, against a one-line Gradio app in the same run.

    python -m bench.start_time [--dataset DIR] [--checkpoint DIR] [--rounds 3]

Both are started in turn and asked for their page until they answer; the best of the rounds counts. The goal is a ratio of
at most 1.5.
"""

import argparse
import json
import os
import sys

from bench.serve import page_process, process

GOAL = 1.5
ONE_LINE = "import gradio as gr; gr.Interface(lambda text: text, 'text', 'text').launch(server_port=int('{port}'))"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="assets/demo")
    parser.add_argument("--checkpoint", default="checkpoints/demo")
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    ours, theirs = [], []
    for _ in range(wanted.rounds):
        with page_process(wanted.dataset, wanted.checkpoint) as (_, seconds):
            ours.append(seconds)
        with process([sys.executable, "-c", ONE_LINE]) as (_, seconds):
            theirs.append(seconds)
    print(
        json.dumps(
            {
                "page_s": round(min(ours), 2),
                "one_line_s": round(min(theirs), 2),
                "ratio": round(min(ours) / min(theirs), 2),
                "goal_ratio": GOAL,
                "load": os.getloadavg()[0],
            }
        )
    )


if __name__ == "__main__":
    main()
