#!/usr/bin/env bash
# The whole pipeline on real histories, texts and posters: a frozen part of MovieLens-1M, end to end.
#
#   scripts/reproduce_ml1m.sh --users 600 --films 500 [--data DIR]
#
# DIR (or $MOLAR_DATA) is a dataset folder in our format: items.csv, interactions.csv, images/. Films may not be passed
# on, so everything is written under build/, which git ignores; only the numbers, results/ml1m-USERS.json, are kept.
# Stop it at any moment: the same command goes on where it was. This proves the pipeline; a part of the data says
# nothing about how models compare on the whole.
set -euo pipefail

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0"; }
fail() { echo "error: $1" >&2; exit 2; }

users=600 films=500 data=${MOLAR_DATA:-}
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --users | --films | --data) [ $# -ge 2 ] || fail "$1 needs a value"; declare "${1#--}=$2"; shift 2 ;;
    *) fail "unknown option $1; known are --users, --films, --data" ;;
  esac
done
[ -n "$data" ] || fail "name the dataset folder with --data DIR or MOLAR_DATA"
[ -d "$data" ] || fail "there is no folder $data"
data=$(cd "$data" && pwd)

cd "$(dirname "$0")/.."
python=python3
if [ -x .venv/bin/python ]; then python=.venv/bin/python; fi

part=build/ml1m-$users-users-$films-films
dataset=$part/dataset checkpoint=$part/checkpoint results=results/ml1m-$users.json

# The item encoder's trained part comes with the demo: it has learnt to see, not what this shop's shoppers like.
[ -f checkpoints/demo/encoder/config.json ] || fail "checkpoints/demo/encoder is missing; python -m molar tune-encoder makes it"
mkdir -p "$checkpoint" results
cp -R checkpoints/demo/encoder "$checkpoint/"

$python -m molar.subset "$data" "$dataset" --users "$users" --films "$films"
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
