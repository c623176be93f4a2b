# What the scripts about MovieLens-1M share; sourced by them, not run.

# The script's own opening comment, up to the first line that is none.
usage() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; }
fail() { echo "error: $1" >&2; exit 2; }

# From the folder $1 of the films: go to the root of the repository, choose $python, make build/ml1m.
open_films() {
  [ -n "$1" ] || fail "name the dataset folder with --data DIR or MOLAR_DATA"
  [ -d "$1" ] || fail "there is no folder $1"
  local films; films=$(cd "$1" && pwd)
  cd "$(dirname "$0")/.."
  python=python3
  if [ -x .venv/bin/python ]; then python=.venv/bin/python; fi
  mkdir -p build results
  ln -sfn "$films" build/ml1m # so that the commands that results name hold no path of this machine
}
