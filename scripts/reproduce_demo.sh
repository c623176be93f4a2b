#!/usr/bin/env bash
# Makes and measures everything in checkpoints/demo: about three hours on two cores. Killed, it resumes; what is finished
# is not done again, so name an empty folder to train from nothing: OUT=build/demo scripts/reproduce_demo.sh
# The data themselves come from `python -m scripts.printshop.write_catalogue` and `write_shoppers`; they are not redrawn.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PYTHON="${PYTHON:-.venv/bin/python}"
DATA=assets/demo
OUT="${OUT:-checkpoints/demo}"

if [ ! -e "$OUT/encoder/adapter.safetensors" ]; then
  # The three tasks of the shop's own catalogue and histories, and captioned prints beside them: they alone name palettes
  # and techniques, of which no text of the shop speaks, and so many that `[Cur_Item]` learns to see them. The counts are those
  # of two cores, whatever machine runs it.
  "$PYTHON" -m molar tune-encoder "$DATA" --pairs scripts.printshop.captions:captioned_prints --counts pairs=3200 \
    --out "$OUT/encoder" --schedule cpu
fi
"$PYTHON" -m scripts.stage1_losses "$OUT/encoder" --out results/stage-1.json
"$PYTHON" -m scripts.probe_encoder "$DATA" --checkpoint "$OUT" --truth "$DATA/truth/items.csv" --out results/encoder-probe.json
"$PYTHON" -m molar encode "$DATA" --checkpoint "$OUT"
"$PYTHON" -m molar train-id "$DATA" --checkpoint "$OUT"
"$PYTHON" -m molar choose-content "$DATA" --checkpoint "$OUT"
"$PYTHON" -m molar train "$DATA" --checkpoint "$OUT"
"$PYTHON" -m molar evaluate "$DATA" --checkpoint "$OUT" --out results/demo.json
"$PYTHON" -m molar draw-maps "$DATA" --checkpoint "$OUT"

# At three hidden-taste ratios (docs/print-shop.md), 50 being the shop as it is: all models in three seeds, each seed a checkpoint
# as above, with content over vectors that say less beside it, and every other ID model once. How content is read is chosen
# for each ratio, on its first seed. Three hours.
"$PYTHON" -m scripts.printshop.write_shoppers "$DATA"
models_of() { # FOLDER SEED HISTORIES
  local first=$1/seed-0 folder=$1/seed-$2 seed=$2 histories=$3
  mkdir -p "$folder"
  cp "$OUT"/vectors.* "$folder/"
  "$PYTHON" -m molar train-id "$DATA" --checkpoint "$folder" --seed "$seed" --interactions "$histories"
  if [ "$seed" = 0 ]; then
    "$PYTHON" -m molar choose-content "$DATA" --checkpoint "$folder" --interactions "$histories"
  else
    cp "$first/content-choice.json" "$folder/"
    cp -R "$first/slist" "$folder/"
  fi
  "$PYTHON" -m molar train "$DATA" --checkpoint "$folder" --seed "$seed" --interactions "$histories" --baselines
}
for ratio in 50 0 100; do
  folder=build/demo-dial-$ratio histories=interactions-$ratio.csv
  if [ $ratio = 50 ]; then histories=interactions.csv; fi
  for seed in 0 1 2; do models_of "$folder" $seed $histories; done
  for model in gru4rec fpmc duorec ease; do
    "$PYTHON" -m molar train-id "$DATA" --checkpoint "$folder/others" --model $model --interactions $histories
  done
  "$PYTHON" -m molar evaluate-content "$DATA" "$folder" --id-model "$folder" --vectors "$OUT/vectors.safetensors" "$folder/seed-0/baselines" \
    --interactions $histories --out results/demo-dial-$ratio.json
done
for model in sasrec gru4rec fpmc duorec; do
  "$PYTHON" -m molar train-id "$DATA" --checkpoint build/demo-temporal --model $model --split temporal
done
"$PYTHON" -m molar evaluate-id "$DATA" build/demo-temporal --split temporal --out results/demo-temporal.json
"$PYTHON" -m scripts.write_results
