#!/usr/bin/env bash
# How far the explanations can be believed, which the report does not ask: methods beside loudness and chance.
#   DATA=manifest.csv METHODS=saliency,deeplift CLIPS=20 notebooks-cli/6-trust.sh
source "$(dirname "$0")/common.sh"
"$undertone" trust --data "$DATA" ${MODEL:+--model "$MODEL"} ${METHODS:+--method "$METHODS"} --clips "$CLIPS" \
  --output "$OUTPUT/6-trust"
