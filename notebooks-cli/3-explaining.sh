#!/usr/bin/env bash
# Figure 3 of the report: clips of each emotion with the model's attributions over the log-mel spectrogram.
#   DATA=manifest.csv MODEL=output/train/cnnlstm notebooks-cli/3-explaining.sh
source "$(dirname "$0")/common.sh"
"$undertone" figures --data "$DATA" ${MODEL:+--model "$MODEL"} --clips "$CLIPS" --output "$OUTPUT/3-explaining"
