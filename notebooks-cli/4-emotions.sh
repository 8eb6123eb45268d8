#!/usr/bin/env bash
# What the report says of sadness, surprise and happiness below its Figure 3, as numbers: where the attributions of each
# emotion lie, of clips that were predicted right, by a method that is complete.
#   DATA=manifest.csv METHOD=saliency CLIPS=100 notebooks-cli/4-emotions.sh
source "$(dirname "$0")/common.sh"
"$undertone" figures --data "$DATA" ${MODEL:+--model "$MODEL"} --method "${METHOD:-deeplift}" --which correct \
  --clips "$CLIPS" --output "$OUTPUT/4-emotions"
