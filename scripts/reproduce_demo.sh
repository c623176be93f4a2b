#!/usr/bin/env bash
# Makes and measures everything in checkpoints/demo: about two and a half hours on two cores. Killed, it resumes; what is finished
# is not done again, so name an empty folder to train from nothing: OUT=build/demo scripts/reproduce_demo.sh
# The data themselves come from `python -m scripts.printshop.write_catalogue` and `write_shoppers`; they are not redrawn.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PYTHON="${PYTHON:-.venv/bin/python}"
DATA=assets/demo
OUT="${OUT:-checkpoints/demo}"

if [ ! -e "$OUT/encoder/adapter.safetensors" ]; then
  # The three tasks of the shop's own catalogue and histories, and captioned prints beside them: they alone name palettes
  # and techniques, of which no text of the shop speaks. The counts are those of two cores, whatever machine runs it.
  "$PYTHON" -m molar tune-encoder "$DATA" --pairs scripts.printshop.captions:captioned_prints --out "$OUT/encoder" --schedule cpu
fi
"$PYTHON" -m scripts.probe_encoder "$DATA" --checkpoint "$OUT" --truth "$DATA/truth/items.csv" --out results/encoder-probe.json
"$PYTHON" -m molar encode "$DATA" --checkpoint "$OUT"
"$PYTHON" -m molar train-id "$DATA" --checkpoint "$OUT"
"$PYTHON" -m molar train "$DATA" --checkpoint "$OUT"
"$PYTHON" -m molar evaluate "$DATA" --checkpoint "$OUT" --out results/demo.json
"$PYTHON" -m molar draw-maps "$DATA" --checkpoint "$OUT"

# The ID models alone: at the three settings of the shoppers' dial (docs/print-shop.md), 50 being the shop as it is, and
# split by time. All have one recipe and as many epochs at most. About an hour.
"$PYTHON" -m scripts.printshop.write_shoppers "$DATA"
train_id() { # FOLDER OPTIONS…
  local folder=$1; shift
  for model in sasrec gru4rec fpmc duorec; do
    "$PYTHON" -m molar train-id "$DATA" --checkpoint "$folder" --model "$model" --epochs 24 \
      --set dim=64 --set batch_size=64 --set precision=bfloat16 "$@"
  done
}
for dial in 0 50 100; do
  histories=interactions-$dial.csv
  if [ $dial = 50 ]; then histories=interactions.csv; fi
  train_id build/demo-dial-$dial --interactions $histories
  "$PYTHON" -m molar evaluate-id "$DATA" build/demo-dial-$dial --interactions $histories --out results/demo-dial-$dial.json
done
train_id build/demo-temporal --split temporal
"$PYTHON" -m molar evaluate-id "$DATA" build/demo-temporal --split temporal --out results/demo-temporal.json
"$PYTHON" -m scripts.write_results
