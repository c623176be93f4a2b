"""Start the page: python app.py [--dataset DIR] [--checkpoint DIR] [--host HOST] [--port PORT]"""

import argparse
import gc
import os
import sys
import time

from molar.backbones.hub import backbone_folder
from molar.core.errors import MolarError


def main() -> int:
    parser = argparse.ArgumentParser(description="The recommender's page over one dataset and its checkpoint.")
    parser.add_argument("--dataset", default="assets/demo", help="dataset folder (default: %(default)s)")
    parser.add_argument("--checkpoint", default="checkpoints/demo", help="checkpoint folder (default: %(default)s)")
    # A hosted Space names its address in the environment.
    parser.add_argument("--host", default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=int(os.environ.get("GRADIO_SERVER_PORT", 7860)))
    wanted = parser.parse_args()
    gc.disable()  # what imports and loading make stays anyway: looking for garbage in it costs a fifth of the start
    try:
        from app.page import start
        from app.state import PageState

        shop = PageState.open(wanted.dataset, wanted.checkpoint)
    except MolarError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        backbone_folder()
    except MolarError as error:
        print(f"note: {error} Until then the page works, but encodes nothing new.", flush=True)
    _, address = start(shop, wanted.host, wanted.port)
    gc.freeze()
    gc.enable()
    print(f"The page is at {address.rstrip('/')} (Ctrl-C stops it).", flush=True)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        print("stopped")
        sys.stdout.flush()
        os._exit(0)  # an orderly end would wait half a minute for browsers that still have the page open


if __name__ == "__main__":
    raise SystemExit(main())
