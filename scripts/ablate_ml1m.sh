#!/usr/bin/env bash
# The ablations: one factor at a time from the default, on 1,500 users of MovieLens-1M. Exploratory: one seed.
#
#   scripts/ablate_ml1m.sh [--data DIR] [--encoder DIR] [--only NAMES] [--jobs N] [--list] [--users N --films N --epochs N]
#
# DIR (or $MOLAR_DATA) is a dataset folder in our format; --encoder is a fine-tuned encoder (default: build/ml1m-encoder, made
# by scripts/reproduce_ml1m.sh); fine-tuning without one of its tasks is scripts/ablate_stage1.sh. --only, --jobs and --list are
# those of scripts/ablate.py: a part of the models (default: all but the backbone's decoder and the settings), several at a
# time, the plan alone. The ID models have the settings that the search of scripts/reproduce_ml1m_id.sh found best, for all
# four the same. Everything is written under build/, numbers alone under results/ (those of another --users, to try the
# script out, under build/ too). Stop it at any moment: the same command goes on where it was. Validation chooses; the test
# split is read once, when every content model whose vectors are there is trained.
set -euo pipefail

. "$(dirname "$0")/films.sh"

data=${MOLAR_DATA:-} encoder=build/ml1m-encoder elsewhere=checkpoints/demo/encoder only=default,alignment,encoders jobs=1 list='' users=1500 films=3706 epochs=''
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --list) list=--list; shift ;;
    --data | --encoder | --only | --jobs | --users | --films | --epochs)
      [ $# -ge 2 ] || fail "$1 needs a value"; declare "${1#--}=$2"; shift 2 ;;
    *) fail "unknown option $1; known are --data, --encoder, --only, --jobs, --list, --users, --films, --epochs" ;;
  esac
done
open_films "$data"

[ -f "$encoder/config.json" ] || fail "$encoder is no fine-tuned encoder; scripts/reproduce_ml1m.sh makes build/ml1m-encoder"
home=build/ml1m-$users-users results=results
if [ "$users" != 1500 ]; then results=$home/results; fi
part=$home/dataset vectors=$home/vectors ids=$home/ids towers=$home/towers
mkdir -p "$results" "$vectors" "$ids"
ablate=("$python" -m scripts.ablate "$part" --work "$towers" --vectors "$vectors" --id-models "$ids" --out "$results/ablations.json"
  --jobs "$jobs" --only "$only" --epochs "${epochs:-8}" --set max_length=200 --set precision=bfloat16
  --set blocks=2 --set components=768 --set hidden=512 --set batch_size=32)  # as scripts/reproduce_ml1m.sh has them
if [ -n "$list" ]; then "${ablate[@]}" --list; exit 0; fi

$python -m molar subset build/ml1m "$part" --users "$users" --films "$films"
for model in sasrec fpmc gru4rec duorec; do
  $python -m molar train-id "$part" --checkpoint "$ids" --name "$model" --model "$model" --seed 0 --epochs 12 \
    --set max_length=200 --set precision=bfloat16 --set lr=0.002 --set batch_size=32 --set dropout=0.2 --set kind=full
done

# Item vectors: the default's, its own without pictures and without texts, then others, all in one folder.
$python -m molar encode "$part" --checkpoint "$vectors" --encoder "$encoder"
for ablation in no-picture no-text; do
  [ -e "$vectors/vectors-$ablation.json" ] || $python -m molar encode "$part" --checkpoint "$vectors" --encoder "$encoder" --probe "$ablation"
done
[ -e "$vectors/random.json" ] || $python -m scripts.baseline_vectors "$part" --out "$vectors"
of_other_vectors() { # NAME OPTIONS OF ENCODE…
  local name=$1; shift
  [ -e "$vectors/$name.json" ] && return
  $python -m molar encode "$part" --checkpoint "$home/$name" "$@"
  for kind in safetensors json; do cp "$home/$name/vectors.$kind" "$vectors/$name.$kind"; done
}
if [ "$encoder" != "$elsewhere" ]; then of_other_vectors tuned-elsewhere --encoder "$elsewhere"; fi
of_other_vectors without-all

"${ablate[@]}"
if "${ablate[@]}" --only default,alignment,encoders --list | grep -q ' ready$'; then
  echo "Some content models are still to be trained (--list tells which): nothing is measured on the test split yet."
  exit 0
fi
measure() { # TABLE OPTIONS…
  local table=$1; shift
  $python -m molar evaluate-content "$part" "$towers/default" "$towers/$table" --id-model "$ids" --brief \
    --out "$results/ablations-$table.json" "$@"
}
measure alignment --vectors "$vectors/vectors.safetensors"
measure encoders --fused --vectors "$vectors" "$vectors/vectors-no-picture.safetensors" "$vectors/vectors-no-text.safetensors"
if [ "$results" = results ]; then $python -m scripts.write_results; fi
