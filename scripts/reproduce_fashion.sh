#!/usr/bin/env bash
# A week of fashion: real purchases, texts and photographs of garments, end to end.
#
#   scripts/reproduce_fashion.sh [--data DIR] [--users FILE] [--encoder DIR] [--seeds "0 1 2"] [--epochs N] [--id-epochs N]
#
# DIR (or $MOLAR_DATA) is a dataset folder in our format: items.csv, interactions.csv, images/. It may not be passed on, so
# everything is written under build/, which git ignores; only the numbers, results/fashion*.json, are kept.
# FILE names the customers who are asked, one id a line (default: DIR/two_day_users.txt, those who bought on two days or more);
# everybody trains. Most bought on one day alone, in an order that nobody knows, which leaves nothing to foretell.
# Items whose ids begin with the same seven characters are one garment in several colours: results tell targets apart by
# whether the customer has such a variant already.
# --encoder is what fine-tuning trained, by default the demo's, which has seen drawn prints alone.
# How content is best read is chosen on validation, once, in the first seed. Validation chooses; the test split is read once, when
# every seed is trained. Stop it at any moment: the same command goes on where it was. Some hours on two cores.
set -euo pipefail

. "$(dirname "$0")/films.sh"

data=${MOLAR_DATA:-} users='' encoder=checkpoints/demo/encoder seeds='0 1 2' epochs=14 id_epochs=30
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --data | --users | --encoder | --seeds | --epochs) [ $# -ge 2 ] || fail "$1 needs a value"; declare "${1#--}=$2"; shift 2 ;;
    --id-epochs) [ $# -ge 2 ] || fail "$1 needs a value"; id_epochs=$2; shift 2 ;;
    *) fail "unknown option $1; known are --data, --users, --encoder, --seeds, --epochs, --id-epochs" ;;
  esac
done
if [ -n "$users" ]; then
  [ -f "$users" ] || fail "there is no file of users $users"
  users=$(cd "$(dirname "$users")" && pwd)/$(basename "$users")
fi
open_data "$data" fashion
dataset=build/fashion home=build/fashion-models first=${seeds%% *}
[ -n "$users" ] || users=$dataset/two_day_users.txt
[ -f "$users" ] || fail "name the file of the users who are asked with --users FILE"
[ -f "$encoder/config.json" ] || fail "$encoder is no fine-tuned encoder; python -m molar finetune-encoder makes one"
asked=$home/$(basename "$users") groups=$home/groups.csv
mkdir -p "$home"
cp -f "$users" "$asked.part" && mv -f "$asked.part" "$asked" # as with the data: results name no path of this machine

$python -m molar check "$dataset"
$python -m scripts.group_by_id "$dataset" --first 7 --out "$groups"

lend() { # NAME FROM: into the checkpoint, whole or not at all
  if [ ! -e "$checkpoint/$1" ]; then
    rm -rf "$checkpoint/.$1.part"
    cp -R "$2/$1" "$checkpoint/.$1.part"
    mv "$checkpoint/.$1.part" "$checkpoint/$1"
  fi
}

for seed in $seeds; do
  checkpoint=$home/seed-$seed
  $python -m molar encode "$dataset" --checkpoint "$checkpoint" --encoder "$encoder" # the second time from the cache
  $python -m molar train-id "$dataset" --checkpoint "$checkpoint" --seed "$seed" --epochs "$id_epochs" \
    --validation-users "$asked" --set precision=bfloat16
  if [ "$seed" = "$first" ]; then
    $python -m molar choose-content "$dataset" --checkpoint "$checkpoint" --validation-users "$asked" --set precision=bfloat16
  else # what is solved has no seed, and what was chosen holds for all
    lend slist "$home/seed-$first"
    lend content-choice.json "$home/seed-$first"
  fi
  # Beside the models of a checkpoint, the same content model over words of the texts alone, and over vectors that say nothing.
  $python -m molar train "$dataset" --checkpoint "$checkpoint" --seed "$seed" --epochs "$epochs" --validation-users "$asked" --baselines
done

vectors=$home/seed-$first
$python -m molar evaluate-content "$dataset" "$home" --id-model "$home" \
  --vectors "$vectors/vectors.safetensors" "$vectors/baselines" \
  --users "$asked" --groups "$groups" --out results/fashion.json
$python -m scripts.write_results
