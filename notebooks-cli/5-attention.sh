#!/usr/bin/env bash
# Several models on the same clips: the attention of CNNATT's heads, attributions on one grid, the agreement of the models,
# and the clips on which they disagree. MODELS are compared with MODEL; if MODELS is empty, one model is trained.
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
