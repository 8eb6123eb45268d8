#!/usr/bin/env bash
# Whether explanations find a cue that is known to be all there is: two emotions of made speech that only pitch, only tempo
# or only tilt sets apart, a model trained on each, and on new clips of new speakers its response curves, the edits that
# flip it, and its concepts. What is planted should be found, and nothing else.
#   CLIPS=100 EPOCHS=20 CUES="pitch tempo tilt" notebooks-cli/9-planted.sh
export DATA=none  # each cue has a corpus of its own
source "$(dirname "$0")/common.sh"
edits=pitch,range,tempo,loudness,tilt,formants,breathiness,roughness
# Enough clips to probe, however few there are to learn from.
tests=$((CLIPS > 24 ? (CLIPS + 1) / 2 : 12))
for cue in ${CUES:-pitch tempo tilt}; do
  folder="$OUTPUT/9-planted/$cue"
  make_clips() {
    [ -f "$folder/$1/manifest.csv" ] || "$undertone" corpus synthesize --plant angry --cue "$cue" --speakers 20 \
      --clips "$2" --seed "$3" --output "$folder/$1"
  }
  make_clips train "$CLIPS" 1
  make_clips test "$tests" 2
  [ -f "$folder/model/history.csv" ] || "$undertone" train cnnasp --classes angry,neutral --data "$folder/train" \
    --epochs "${EPOCHS:-20}" --output "$folder/model"
  of_model() { "$undertone" "$@" --model "$folder/model" --data "$folder/test" --output "$folder/$1"; }
  of_model evaluate
  of_model response --no-control
  of_model flips --most 1
  of_model concepts --relative
done
