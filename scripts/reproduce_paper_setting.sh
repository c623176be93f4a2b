#!/usr/bin/env bash
# The paper's setting: Qwen2-VL-2B as the item encoder, 10,000 samples of each task of its fine-tuning, then both models and numbers.
#
#   scripts/reproduce_paper_setting.sh DATASET [--backbone NAME] [--form bottleneck|plain] [--samples N]
#                                      [--precision bfloat16|nf4] [--epochs N] [--out DIR]
#
# DATASET is a dataset folder in our format. Meant for a machine with a GPU, which is taken where torch finds one, with as
# many items at a time as its memory holds. A test runs it to its end on a tiny model without one; nobody has on a GPU yet.
# Not as in the paper, unless --form is plain: the answers of fine-tuning see an item through its vector alone.
# Stop it at any moment: the same command goes on where it was.
set -euo pipefail

usage() { sed -n '2,10s/^# \{0,1\}//p' "$0"; }
fail() { echo "error: $1" >&2; exit 2; }

dataset='' backbone=qwen2-vl-2b form=bottleneck samples=10000 precision=bfloat16 epochs='' out=''
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --backbone | --form | --samples | --precision | --epochs | --out)
      [ $# -ge 2 ] || fail "$1 needs a value"; declare "${1#--}=$2"; shift 2 ;;
    -*) fail "unknown option $1; known are --backbone, --form, --samples, --precision, --epochs, --out" ;;
    *) [ -z "$dataset" ] || fail "one dataset folder, not $dataset and $1"; dataset=$1; shift ;;
  esac
done
[ -n "$dataset" ] || fail "name the dataset folder; --help tells more"
[ -d "$dataset" ] || fail "there is no folder $dataset"
dataset=$(cd "$dataset" && pwd)
[ ! -d "$backbone" ] || backbone=$(cd "$backbone" && pwd)
out=${out:-$PWD/build/paper-setting-$(basename "$dataset")}
mkdir -p "$out"
out=$(cd "$out" && pwd)

cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PYTHON:-python3}
if [ -z "${PYTHON:-}" ] && [ -x .venv/bin/python ]; then python=.venv/bin/python; fi

$python -m molar check "$dataset"
if [ ! -d "$backbone" ]; then $python -m molar fetch-backbone "$backbone"; fi
if [ ! -e "$out/encoder/adapter.safetensors" ]; then
  $python -m molar tune-encoder "$dataset" --out "$out/encoder" --backbone "$backbone" --form "$form" --history 6 \
    --counts "it=$samples,sa=$samples,ub=$samples"
fi
$python -m molar encode "$dataset" --checkpoint "$out" --backbone "$backbone" --precision "$precision"
$python -m molar train-id "$dataset" --checkpoint "$out" ${epochs:+--epochs "$epochs"}
$python -m molar train "$dataset" --checkpoint "$out" ${epochs:+--epochs "$epochs"}
$python -m molar evaluate "$dataset" --checkpoint "$out" --out "$out/results.json"
echo "The numbers are in $out/results.json."
