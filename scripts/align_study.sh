#!/usr/bin/env bash
# Where alignment pays: few training users, short histories, weights and kinds (scripts/alignment_plan.py), in the print shop at three
# hidden-taste ratios and on 1,500 users of MovieLens-1M. Each training takes half a minute to two minutes of one core.
#
#   scripts/align_study.sh [--data DIR] [--only STUDIES] [--seeds 0,1,2] [--jobs N] [--ratios "50 0 100"] [--list] [--test]
#
# --data (or $MOLAR_DATA) is a dataset folder of the films; without it the shop alone is measured. Validation chooses; --test
# reads the test split, of what is trained, once. Everything is written under build/, numbers alone to
# results/alignment-study.json. Stop it at any moment: the same command goes on where it was.
set -euo pipefail

. "$(dirname "$0")/films.sh"

data=${MOLAR_DATA:-} only='' seeds=0,1,2 jobs=1 ratios='50 0 100' list='' test=''
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --list) list=--list; shift ;;
    --test) test=--test; shift ;;
    --data | --only | --seeds | --jobs | --ratios)
      [ $# -ge 2 ] || fail "$1 needs a value"; declare "${1#--}=$2"; shift 2 ;;
    *) fail "unknown option $1; known are --data, --only, --seeds, --jobs, --ratios, --list, --test" ;;
  esac
done
if [ -n "$data" ]; then open_films "$data"; else cd "$(dirname "$0")/.."; python=python3; [ -x .venv/bin/python ] && python=.venv/bin/python; fi

study() { # DATASET WORK VECTORS OPTIONS…
  local dataset=$1 work=$2 vectors=$3; shift 3
  $python -m scripts.align_study "$dataset" --work "$work" --vectors "$vectors" --out results/alignment-study.json \
    --seeds "$seeds" --jobs "$jobs" ${only:+--only "$only"} $list $test --set streams=1 --set precision=bfloat16 --set-id precision=bfloat16 "$@"
}

if [ ! -e assets/demo/interactions-0.csv.gz ] && [ "$ratios" != 50 ]; then $python -m scripts.printshop.write_shoppers assets/demo; fi
for ratio in $ratios; do
  histories=interactions-$ratio.csv
  if [ "$ratio" = 50 ]; then histories=interactions.csv; fi
  study assets/demo "build/alignment-study/shop-$ratio" checkpoints/demo/vectors.safetensors --interactions $histories \
    --set dim=64 --set lr=0.003 --set-id dim=64 --set-id batch_size=64
done

if [ -n "$data" ]; then # as scripts/ablate_ml1m.sh has them, over TF-IDF vectors of the films' texts
  part=build/ml1m-1500-users/dataset vectors=build/alignment-study/films
  $python -m molar subset build/ml1m "$part" --users 1500 --films 3706
  [ -e "$vectors/tf-idf.json" ] || $python -m molar baseline-vectors "$part" --out "$vectors"
  only=${only:-alpha}
  study "$part" build/alignment-study/films/models "$vectors/tf-idf.safetensors" \
    --set max_length=200 --set batch_size=32 --set-id max_length=200 --set-id batch_size=32 --set-id lr=0.002 --set-id dropout=0.2
fi
