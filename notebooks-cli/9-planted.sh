#!/usr/bin/env bash
# Whether explanations find a cue that is known to be all there is: two emotions of made speech that only pitch, only tempo
# or only tilt sets apart, a model trained on each, and on new clips of new speakers its response curves, the edits that
# flip it, and its concepts. What is planted should be found, and nothing else.
#   CLIPS=60 EPOCHS=15 CUES="pitch tempo tilt" notebooks-cli/9-planted.sh
export DATA=none  # each cue has a corpus of its own
source "$(dirname "$0")/common.sh"
edits=pitch,range,tempo,loudness,tilt,formants,breathiness,roughness
for cue in ${CUES:-pitch tempo tilt}; do
  folder="$OUTPUT/9-planted/$cue"
  for part in train test; do
    [ -f "$folder/$part/manifest.csv" ] || "$undertone" corpus synthesize --plant angry --cue "$cue" --speakers 20 \
      --clips "$([ $part = train ] && echo "$CLIPS" || echo $(((CLIPS + 1) / 2)))" \
      --seed "$([ $part = train ] && echo 1 || echo 2)" --output "$folder/$part"
  done
  [ -f "$folder/model/history.csv" ] || "$undertone" train cnnasp --data "$folder/train" --epochs "${EPOCHS:-15}" \
    --output "$folder/model"
  "$undertone" evaluate --model "$folder/model" --data "$folder/test" --output "$folder/evaluate"
  "$undertone" response --model "$folder/model" --data "$folder/test" --edits "$edits" --output "$folder/response"
  "$undertone" flips --model "$folder/model" --data "$folder/test" --edits "$edits" --most 1 --output "$folder/flips"
  "$undertone" concepts --model "$folder/model" --data "$folder/test" --output "$folder/concepts"
done
