#!/usr/bin/env bash
# Tables 1 and 2 of the report: how many clips of each emotion, how loud and how long they are; the parts of a split.
#   DATA=manifest.csv notebooks-cli/1-corpus.sh
source "$(dirname "$0")/common.sh"
"$undertone" corpus describe "$DATA"
"$undertone" corpus split "$DATA" --output "$OUTPUT/split"
