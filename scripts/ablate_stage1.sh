#!/usr/bin/env bash
# Fine-tuning of the encoder on the very films that are recommended: with all of its tasks, without each, without any, in the plain form. Also what
# a trained model lives on (input ablations), and DUEG as four layers of the language model's own decoder. Exploratory.
#
#   scripts/ablate_stage1.sh [--data DIR] [--seeds "0 1"] [--jobs N] [--users N] [--films N]
#
# DIR (or $MOLAR_DATA) is a dataset folder in our format. A part of it, 1,500 users and the 500 films that they chose most, so
# that encoding the films ten times and tuning the encoder five times fits into an hour and a half of two cores. --jobs tells
# how many things run at a time and share the cores (default: 2). Everything is written under build/, numbers alone under
# results/ (those of another part, to try the script out, under build/ too). Stop it at any moment: the same command goes on
# where it was. Validation chooses; the test split is read once, at the end.
set -euo pipefail

. "$(dirname "$0")/films.sh"

data=${MOLAR_DATA:-} seeds='0 1' jobs=2 users=1500 films=500
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --data | --seeds | --jobs | --users | --films) [ $# -ge 2 ] || fail "$1 needs a value"; declare "${1#--}=$2"; shift 2 ;;
    *) fail "unknown option $1; known are --data, --seeds, --jobs, --users, --films" ;;
  esac
done
open_films "$data"

home=build/ml1m-$users-users-$films-films results=results
if [ "$users $films" != "1500 500" ]; then results=$home/results; fi
part=$home/dataset encoders=$home/encoders vectors=$home/vectors ids=$home/ids towers=$home/towers
mkdir -p "$results" "$vectors" "$encoders"
$python -m molar subset build/ml1m "$part" --users "$users" --films "$films"
$python -m molar train-id "$part" --checkpoint "$ids" --name sasrec --model sasrec --seed 0 --epochs 12 \
  --set max_length=200 --set precision=bfloat16 --set lr=0.002 --set batch_size=32 --set dropout=0.2 --set kind=full

# Each function below is one of the things that run at a time; what it finds finished, it leaves.
tune() { # NAME TASK=COUNT,… [OPTIONS OF TUNE-ENCODER…]
  [ ! -f "$encoders/$1/config.json" ] || return 0
  local name=$1 counts=$2 tasks; tasks=$(sed 's/=[0-9]*//g' <<<"$2"); shift 2
  $python -m molar tune-encoder "$part" --out "$encoders/$name" --schedule cpu --tasks "$tasks" --counts "$counts" --held-out 16 "$@"
}
encode() { # NAME [--encoder DIR]
  [ ! -f "$vectors/$1.json" ] || return 0
  local name=$1; shift
  $python -m molar encode "$part" --checkpoint "$home/encoded/$name" --precision bfloat16 "$@"
  for kind in safetensors json; do cp "$home/encoded/$name/vectors.$kind" "$vectors/$name.$kind"; done  # json last: all is there
}
probe() { # NAME
  [ -f "$vectors/vectors-$1.json" ] ||
    $python -m molar encode "$part" --checkpoint "$vectors" --precision bfloat16 --encoder "$encoders/full" --probe "$1"
}
tuned() { tune "$@" && encode "$1" --encoder "$encoders/$1"; }
whole() { tune full it=300,sa=300,ub=100 && encode vectors --encoder "$encoders/full"; }
threads=${OMP_NUM_THREADS:-$(($(nproc) > jobs ? $(nproc) / jobs : 1))}
together() { # each argument is a command; all must end well
  printf '%s\n' "$@" | OMP_NUM_THREADS=$threads MKL_NUM_THREADS=$threads xargs -P "$jobs" -I {} bash -euc '{}'
}
export python part encoders vectors home
export -f tune encode probe tuned whole

encode without-all  # first, since it also puts into the cache what the image tower says of the posters
together whole "tuned without-it sa=300,ub=100" "tuned without-sa it=300,ub=100" "tuned without-ub it=300,sa=300" \
  "tuned plain-form it=300,sa=300,ub=100 --form plain"
together "probe shuffled-pictures" "probe no-title" "probe no-text" "probe no-picture"

train() { # SEED NAMES EPOCHS
  $python -m scripts.ablate "$part" --work "$towers" --vectors "$vectors" --id-models "$ids" --out "$results/ablations.json" \
    --jobs "$jobs" --only "$2" --seed "$1" --epochs "$3" --set max_length=200 --set precision=bfloat16 \
    --set blocks=2 --set components=768 --set hidden=512 --set batch_size=32
}
for seed in $seeds; do train "$seed" "default,input,hllm,stage 1" 8; done
train 0 decoder 2  # each of its epochs takes more than fifteen times as long
$python -m molar evaluate-content "$part" "$towers" --id-model "$ids" --vectors "$vectors" "$vectors"/vectors-no-{picture,text}.safetensors \
  --probes molar content --brief --out "$results/ablations-stage-1.json"
$python -m scripts.stage1_losses "$encoders"/* --out "$results/stage-1.json"
if [ "$results" = results ]; then $python -m scripts.write_results; fi
