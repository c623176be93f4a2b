#!/usr/bin/env bash
# MovieLens-1M: real histories, texts and posters, end to end.
#
#   scripts/reproduce_ml1m.sh [--data DIR] [--encoder DIR] [--seeds "0 1 2"] [--epochs N]     the headline
#   scripts/reproduce_ml1m.sh --cold [the same]                                               cold films
#   scripts/reproduce_ml1m.sh --users 600 --films 500 [--data DIR]                            a frozen part
#
# DIR (or $MOLAR_DATA) is a dataset folder in our format: items.csv, interactions.csv, images/. Films may not be passed
# on, so everything is written under build/, which git ignores; only the numbers, under results/, are kept.
# The headline: SASRec, SLIST, content, molar and everything joined on all histories, measured once, when every seed is trained.
# --cold: the same histories with a tenth of the films in no training prefix (molar/data/subsets.py). --encoder is what fine-tuning
# trained: by default build/ml1m-encoder, which is trained first where it is missing (half an hour); with --cold and for a part
# the demo's, since it must not have been fine-tuned on these films.
# The part proves the pipeline, maps and page included; it says nothing about how models compare on the whole.
# Stop it at any moment: the same command goes on where it was.
set -euo pipefail

. "$(dirname "$0")/films.sh"

data=${MOLAR_DATA:-} encoder='' seeds='0 1 2' epochs=12 users='' films='' cold=''
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --cold) cold=1; shift ;;
    --data | --encoder | --users | --films | --seeds | --epochs) [ $# -ge 2 ] || fail "$1 needs a value"; declare "${1#--}=$2"; shift 2 ;;
    *) fail "unknown option $1; known are --data, --encoder, --seeds, --epochs, --cold, --users, --films" ;;
  esac
done
open_films "$data"

if [ -z "$encoder" ]; then
  encoder=checkpoints/demo/encoder
  if [ -z "$cold$users$films" ]; then
    encoder=build/ml1m-encoder
    [ -f "$encoder/config.json" ] || $python -m molar tune-encoder build/ml1m --out "$encoder" --schedule cpu
  fi
fi
[ -f "$encoder/config.json" ] || fail "$encoder is no fine-tuned encoder; python -m molar tune-encoder makes one"

if [ -n "$users$films" ]; then
  users=${users:-600} films=${films:-500}
  part=build/ml1m-$users-users-$films-films
  dataset=$part/dataset checkpoint=$part/checkpoint results=results/ml1m-$users.json
  mkdir -p "$checkpoint/encoder"
  cp -R "$encoder/." "$checkpoint/encoder/"
  $python -m molar subset build/ml1m "$dataset" --users "$users" --films "$films"
  $python -m molar check "$dataset"
  $python -m molar fetch-backbone
  $python -m molar encode "$dataset" --checkpoint "$checkpoint"
  $python -m molar train-id "$dataset" --checkpoint "$checkpoint"
  $python -m molar train "$dataset" --checkpoint "$checkpoint"
  $python -m molar evaluate "$dataset" --checkpoint "$checkpoint" --out "$results"
  $python -m molar draw-maps "$dataset" --checkpoint "$checkpoint"
  echo
  echo "The numbers are in $results. See the posters:"
  echo "  $python app.py --dataset $dataset --checkpoint $checkpoint"
  exit 0
fi

dataset=build/ml1m ids=build/ml1m-id towers=build/ml1m-towers results=results/ml1m.json
if [ -n "$cold" ]; then
  dataset=build/ml1m-cold/dataset ids=build/ml1m-cold/ids towers=build/ml1m-cold/towers results=results/ml1m-cold.json
  $python -m molar subset build/ml1m "$dataset" --cold-items 0.1
fi
vectors=$towers/vectors

# The catalogue is the same in both, so the second time the pictures' features come from the cache.
$python -m molar encode "$dataset" --checkpoint "$vectors" --encoder "$encoder"

# Sizes and batch as the search on 1,500 users has them, results/search-content.json; how content is read is chosen on a quarter of
# the users. Every seed is a checkpoint of all models, and all content models have the same epochs.
sizes=(--set max_length=200 --set precision=bfloat16 --set blocks=2 --set components=768 --set batch_size=32)
first=${seeds%% *}
for seed in $seeds; do
  models=$towers/seed-$seed
  mkdir -p "$models"
  cp "$vectors"/vectors.* "$models/"
  # The very command of scripts/reproduce_ml1m_id.sh: what it trained is found finished.
  $python -m molar train-id "$dataset" --checkpoint "$ids" --name "sasrec/seed-$seed" --model sasrec --seed "$seed" --epochs 20 --set patience=20 \
    --set max_length=200 --set precision=bfloat16 --set lr=0.002 --set batch_size=32 --set dropout=0.2 --set kind=full
  [ -e "$models/sasrec" ] || cp -R "$ids/sasrec/seed-$seed" "$models/sasrec"
  if [ "$seed" = "$first" ]; then
    $python -m molar choose-content "$dataset" --checkpoint "$models" --seed "$seed" --train-users 0.25 "${sizes[@]}"
  else
    cp "$towers/seed-$first/content-choice.json" "$models/"
    [ -e "$models/slist" ] || cp -R "$towers/seed-$first/slist" "$models/"
  fi
  $python -m molar train "$dataset" --checkpoint "$models" --seed "$seed" --epochs "$epochs" --baselines "${sizes[@]}"
done
probes=()  # of histories and ids; those of items are asked on a part, by scripts/ablate_stage1.sh
if [ -z "$cold" ]; then probes=(--probes molar content); fi
$python -m molar evaluate-content "$dataset" "$towers" --id-model "$towers" --vectors "$vectors/vectors.safetensors" "$towers/seed-$first/baselines" --out "$results" "${probes[@]}"
if [ -n "$cold" ]; then
  $python -m scripts.new_item_peers "$dataset" --id-model "$towers/seed-$first/sasrec" --vectors "$vectors/vectors.safetensors" --out "$results"
fi
$python -m scripts.write_results
