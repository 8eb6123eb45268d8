#!/usr/bin/env bash
# What models take from where: the attention of CNNATT's heads, attributions of several models on one grid, how far the
# models agree, and the clips on which they do not. MODELS are the others beside MODEL; where none is named, one is trained.
#   DATA=manifest.csv MODELS="output/train/fcmfcc output/train/cnnlstm" CLIPS=20 notebooks-cli/5-attention.sh
source "$(dirname "$0")/common.sh"
if [ -z "${MODELS:-}" ]; then
  MODELS="$OUTPUT/2-training"
  [ -f "$MODELS/model.safetensors" ] || "$(dirname "$0")/2-training.sh"
fi
models=(--model "${MODEL:-built-in}")
for model in $MODELS; do models+=(--model "$model"); done
"$undertone" compare "${models[@]}" --data "$DATA" ${METHOD:+--method "$METHOD"} --clips "$CLIPS" --html \
  --output "$OUTPUT/5-attention"
