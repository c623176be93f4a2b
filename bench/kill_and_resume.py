"""`molar encode` of 200 prints, killed (-9) at three random moments and started again, against an undisturbed run.

    python -m bench.kill_and_resume [--items 200] [--kills 3] [--seed 0] [--out bench/results/kill_and_resume.json]

Both have a cache of their own and share the backbone alone. The goal is that `vectors.safetensors` is the same to the last
bit and that no finished batch is encoded twice. Needs the backbone (python -m molar fetch-backbone).
"""

import argparse
import csv
import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from molar.core.hashing import sha256_of
from molar.core.io import molar_home

DEMO, ADAPTER = Path("assets/demo"), Path("checkpoints/demo/encoder")
EARLIEST, LATEST = 5, 40  # seconds from the start of the process to its death; about ten of them load the backbone


def write_shop(folder: Path, count: int) -> Path:
    """The first `count` prints of the demo shop as a dataset."""
    (folder / "images").mkdir(parents=True)
    with open(DEMO / "items.csv", newline="", encoding="utf-8") as file:
        items = list(csv.DictReader(file))[:count]
    with open(folder / "items.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, list(items[0]))
        rows.writeheader()
        rows.writerows(items)
    for item in items:
        shutil.copy(DEMO / "images" / item["image"], folder / "images")
    shutil.copy(DEMO / "dataset.json", folder)
    return folder


class Home:
    """A home of its own, with the fetched backbone in it, and the encoding command over it."""

    def __init__(self, folder: Path, shop: Path):
        folder.mkdir()
        (folder / "nano").symlink_to((molar_home() / "nano").resolve())
        self.out, self.cache = folder / "out", folder / "cache"
        self._arguments = [
            sys.executable,
            "-m",
            "molar",
            "encode",
            str(shop),
            "--checkpoint",
            str(self.out),
            "--encoder",
            str(ADAPTER),
        ]
        self._environment = os.environ | {"MOLAR_HOME": str(folder)}

    def start(self) -> subprocess.Popen:
        """Begin to encode, or go on."""
        return subprocess.Popen(self._arguments, env=self._environment, stderr=subprocess.PIPE, text=True)

    def shards(self) -> dict[str, int]:
        """Finished batches of item vectors: name → when it was written."""
        return {path.name: path.stat().st_mtime_ns for path in self.cache.glob("vectors/*/*.safetensors")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("bench/results/kill_and_resume.json"))
    wanted = parser.parse_args()
    moments, kills, finished = random.Random(wanted.seed), [], {}
    with tempfile.TemporaryDirectory() as scratch:
        shop = write_shop(Path(scratch) / "shop", wanted.items)
        killed, calm = (Home(Path(scratch) / name, shop) for name in ("killed", "undisturbed"))
        for _ in range(wanted.kills):
            process, after = killed.start(), moments.uniform(EARLIEST, LATEST)
            time.sleep(after)
            process.kill()
            process.communicate()
            finished = killed.shards()
            kills.append({"after_s": round(after, 1), "exit": process.returncode, "batches_finished": len(finished)})
            print(kills[-1], file=sys.stderr, flush=True)
        for home in (killed, calm):
            process = home.start()
            said = process.communicate()[1]
            assert process.returncode == 0, said
        vectors = [home.out / "vectors.safetensors" for home in (killed, calm)]
        found = {
            "command": shlex.join(["python", "-m", "bench.kill_and_resume", *sys.argv[1:]]),
            "items": wanted.items,
            "kills": kills,
            "batches": len(killed.shards()),
            "sha256": [sha256_of(path) for path in vectors],
            "equal_to_the_last_bit": vectors[0].read_bytes() == vectors[1].read_bytes(),
            "batches_encoded_twice": sum(killed.shards()[name] != when for name, when in finished.items()),
            "all_killed": all(kill["exit"] == -signal.SIGKILL for kill in kills),
        }
    text = json.dumps(found, indent=1)
    wanted.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
