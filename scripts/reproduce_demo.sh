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
"$PYTHON" -m molar train "$DATA" --checkpoint "$OUT"
"$PYTHON" -m molar evaluate "$DATA" --checkpoint "$OUT" --out results/demo.json
"$PYTHON" -m molar draw-maps "$DATA" --checkpoint "$OUT"

# At three hidden-taste ratios (docs/print-shop.md), 50 being the shop as it is: every ID model, and what
# alignment with SASRec adds to content, in three seeds. All have one width, and the ID models one recipe. An hour and a half.
"$PYTHON" -m scripts.printshop.write_shoppers "$DATA"
train_id() { # FOLDER MODEL OPTIONS…
  local folder=$1 model=$2; shift 2
  "$PYTHON" -m molar train-id "$DATA" --checkpoint "$folder" --model "$model" --epochs 24 \
    --set dim=64 --set batch_size=64 --set precision=bfloat16 "$@"
}
train_content() { # FOLDER LABEL SEED OPTIONS…
  local folder=$1 label=$2 seed=$3; shift 3
  "$PYTHON" -m molar train-content "$DATA" --checkpoint "$folder/towers" --name "$label/seed-$seed" --seed "$seed" \
    --vectors "$OUT/vectors.safetensors" --id-model "$folder/sasrec/seed-$seed" --set dim=64 --set precision=bfloat16 "$@"
}
for ratio in 0 50 100; do
  folder=build/demo-dial-$ratio histories=interactions-$ratio.csv
  if [ $ratio = 50 ]; then histories=interactions.csv; fi
  for model in gru4rec fpmc duorec; do train_id "$folder" $model --interactions $histories; done
  for seed in 0 1 2; do
    train_id "$folder" sasrec --name sasrec/seed-$seed --seed $seed --interactions $histories
    train_content "$folder" content $seed --interactions $histories --set align=none
    train_content "$folder" molar $seed --interactions $histories --set align=infonce
  done
  if [ $ratio = 0 ]; then  # is what alignment changes there knowledge, or regularisation?
    for targets in random shuffled; do
      train_content "$folder" targets-$targets 0 --interactions $histories --set align=infonce --set targets=$targets
    done
  fi
  "$PYTHON" -m molar evaluate-content "$DATA" "$folder/towers" --id-model "$folder"/{sasrec,gru4rec,fpmc,duorec} --vectors "$OUT/vectors.safetensors" \
    --interactions $histories --out results/demo-dial-$ratio.json
  "$PYTHON" -m scripts.cold_offsets "$DATA" "$folder/towers" --vectors "$OUT/vectors.safetensors" --interactions $histories \
    --out results/cold-offsets.json
done
for model in sasrec gru4rec fpmc duorec; do train_id build/demo-temporal $model --split temporal; done
"$PYTHON" -m molar evaluate-id "$DATA" build/demo-temporal --split temporal --out results/demo-temporal.json
"$PYTHON" -m scripts.write_results
