# What the scripts about real data share; sourced by them, not run.

# The script's own opening comment, up to the first line that is none.
usage() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; }
fail() { echo "error: $1" >&2; exit 2; }

# From the dataset folder $1: go to the root of the repository, choose $python, make build/$2.
open_data() {
  [ -n "$1" ] || fail "name the dataset folder with --data DIR or MOLAR_DATA"
  [ -d "$1" ] || fail "there is no folder $1"
  local data; data=$(cd "$1" && pwd)
  cd "$(dirname "$0")/.."
  python=python3
  if [ -x .venv/bin/python ]; then python=.venv/bin/python; fi
  mkdir -p build results
  ln -sfn "$data" "build/$2" # so that the commands that results name hold no path of this machine
}
open_films() { open_data "$1" ml1m; }
