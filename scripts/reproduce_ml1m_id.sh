#!/usr/bin/env bash
# The table of ID models on MovieLens-1M: docs/results/ml1m-id.md and docs/results/ml1m-1500.md.
#
#   scripts/reproduce_ml1m_id.sh [--data DIR]
#
# DIR (or $MOLAR_DATA) is a dataset folder in our format; films may not be passed on, so models are written under build/,
# which git ignores, and only numbers under results/ are kept. The settings are those that the search on the part found
# (scripts/search_id.py, validation alone). Stop it at any moment: the same command goes on where it was.
# About three hours on two cores that read bfloat16.
set -euo pipefail

. "$(dirname "$0")/films.sh"

data=${MOLAR_DATA:-}
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --data) [ $# -ge 2 ] || fail "$1 needs a value"; data=$2; shift 2 ;;
    *) fail "unknown option $1; --data is known" ;;
  esac
done
open_films "$data"

part=build/ml1m-1500-users/dataset

# The same budget for every model, on a part of 1,500 users chosen by a hash, with all films.
$python -m molar subset build/ml1m "$part" --users 1500 --films 3706
search=("$python" -m scripts.search_id "$part" --out results/search-id.json --work build/search)
"${search[@]}"

train() { # LABEL MODEL SEED SETTINGS…
  local label=$1 model=$2 seed=$3; shift 3
  $python -m molar train-id build/ml1m --checkpoint build/ml1m-id --name "$label/seed-$seed" --model "$model" \
    --seed "$seed" --epochs 20 --set patience=20 --set max_length=200 --set precision=bfloat16 "$@"
}

# The headline rows, on all users, in three seeds; the table is written anew after each.
for seed in 0 1 2; do
  train sasrec sasrec $seed --set lr=0.002 --set batch_size=32 --set dropout=0.2 --set kind=full
  train gru4rec gru4rec $seed --set lr=0.002 --set batch_size=32 --set dropout=0.2 --set kind=full
  train sasrec-bce sasrec $seed --set lr=0.002 --set batch_size=32 --set dropout=0.2 --set kind=bce
  $python -m molar evaluate-id build/ml1m build/ml1m-id --out results/ml1m-id.json
done

# On the part: each model as the search left it, and SASRec under every loss, all else equal. Exploratory: one seed.
for loss in sampled in-batch gbce bce; do
  $python -m molar train-id "$part" --checkpoint build/ml1m-1500-users/losses --name "sasrec-$loss" --epochs 12 \
    --set max_length=200 --set precision=bfloat16 --set lr=0.002 --set batch_size=32 --set dropout=0.2 \
    --set "kind=$loss" --set negatives=1024
done
$python -m molar evaluate-id "$part" $("${search[@]}" --folders) build/ml1m-1500-users/losses --out results/ml1m-1500.json
$python -m scripts.write_results
