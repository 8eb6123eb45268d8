#!/usr/bin/env bash
# Figure 3 of the report: for each emotion, clips with what the model heard in them, over the log-mel spectrogram.
#   DATA=manifest.csv MODEL=output/train/cnnlstm notebooks-cli/3-explaining.sh
set -euo pipefail
cd "$(dirname "$0")/.."
undertone=.build/release/undertone
[ -x "$undertone" ] || make build

if [ -z "${DATA:-}" ]; then
  "$undertone" corpus synthesize --clips 6 --output output/notebooks/corpus
  DATA=output/notebooks/corpus/manifest.csv
fi
"$undertone" figures --data "$DATA" ${MODEL:+--model "$MODEL"} --clips "${CLIPS:-6}" --output output/notebooks/3-explaining
