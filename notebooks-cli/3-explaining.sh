#!/usr/bin/env bash
# Figure 3 of the report: for each emotion, clips with what the model heard in them, over the log-mel spectrogram.
#   DATA=manifest.csv MODEL=output/train/cnnlstm notebooks-cli/3-explaining.sh
source "$(dirname "$0")/common.sh"
"$undertone" figures --data "$DATA" ${MODEL:+--model "$MODEL"} --clips "$CLIPS" --output "$OUTPUT/3-explaining"
