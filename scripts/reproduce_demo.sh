#!/usr/bin/env bash
# Makes and measures everything in checkpoints/demo: about two hours on two cores. Killed, it resumes; what is finished
# is not done again, so name an empty folder to train from nothing: OUT=build/demo scripts/reproduce_demo.sh
# The data themselves come from `python -m scripts.printshop.write_catalogue` and `write_shoppers`; they are not redrawn.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PYTHON="${PYTHON:-.venv/bin/python}"
DATA=assets/demo
OUT="${OUT:-checkpoints/demo}"

if [ ! -e "$OUT/encoder/adapter.safetensors" ]; then
  "$PYTHON" -m molar tune-encoder --pairs scripts.printshop.captions:captioned_prints --out "$OUT/encoder"
fi
"$PYTHON" -m scripts.probe_encoder "$DATA" --checkpoint "$OUT" --truth "$DATA/truth/items.csv" --out results/encoder-probe.json
"$PYTHON" -m molar encode "$DATA" --checkpoint "$OUT"
"$PYTHON" -m molar train-id "$DATA" --checkpoint "$OUT"
"$PYTHON" -m molar train "$DATA" --checkpoint "$OUT"
"$PYTHON" -m molar evaluate "$DATA" --checkpoint "$OUT" --out results/demo.json
"$PYTHON" -m molar draw-maps "$DATA" --checkpoint "$OUT"
