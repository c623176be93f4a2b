#!/usr/bin/env bash
# Builds the environments of the libraries that bench.id_peers measures against: build/peers/recbole, build/peers/rectools.
#
#   bench/peers/environments.sh
#
# About 1.5 GB each with PyTorch's CPU build. pip takes the CUDA build, several GB more, unless PIP_EXTRA_INDEX_URL names the index
# of the CPU build (see pytorch.org's install page). What is built already is left as it is. PYTHON names another interpreter
# than python3; the pins are for 3.11.
set -euo pipefail
cd "$(dirname "$0")/../.."

for peer in recbole rectools; do
  folder=build/peers/$peer
  [ -f "$folder/.installed" ] && continue
  "${PYTHON:-python3}" -m venv "$folder"
  # PyTorch by itself first: what comes after it must not draw in another build.
  "$folder/bin/python" -m pip install -q --disable-pip-version-check torch==2.13.0
  "$folder/bin/python" -m pip install -q --disable-pip-version-check -r "bench/peers/$peer.txt"
  touch "$folder/.installed"
done
