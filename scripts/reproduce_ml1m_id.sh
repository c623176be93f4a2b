#!/usr/bin/env bash
# The table of ID models on MovieLens-1M: docs/results.md, "MovieLens-1M in full" and "1,500 of its users".
#
#   scripts/reproduce_ml1m_id.sh [--data DIR]
#
# DIR (or $MOLAR_DATA) is a dataset folder in our format; films may not be passed on, so models are written under build/,
# which git ignores, and only numbers under results/ are kept. The settings are those that the search on the part found
# (scripts/search_id.py, validation alone). Stop it at any moment: the same command goes on where it was.
# About three hours on two cores that read bfloat16.
set -euo pipefail

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0"; }
fail() { echo "error: $1" >&2; exit 2; }

data=${MOLAR_DATA:-}
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --data) [ $# -ge 2 ] || fail "$1 needs a value"; data=$2; shift 2 ;;
    *) fail "unknown option $1; --data is known" ;;
  esac
done
[ -n "$data" ] || fail "name the dataset folder with --data DIR or MOLAR_DATA"
[ -d "$data" ] || fail "there is no folder $data"
data=$(cd "$data" && pwd)
