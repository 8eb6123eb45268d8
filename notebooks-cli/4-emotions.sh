#!/usr/bin/env bash
# The report's claims about sadness, surprise and happiness (below its Figure 3), tested with numbers: the distribution of
# attributions by emotion, on correctly predicted clips, by a complete method (its values sum to a difference of scores).
#   DATA=manifest.csv METHOD=saliency CLIPS=100 notebooks-cli/4-emotions.sh
source "$(dirname "$0")/common.sh"
"$undertone" figures --data "$DATA" ${MODEL:+--model "$MODEL"} --method "${METHOD:-deeplift}" --which correct \
  --clips "$CLIPS" --output "$OUTPUT/4-emotions"
