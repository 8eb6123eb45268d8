#!/usr/bin/env bash
# Whether an audit finds what a model was made to lean on, and nothing where there is nothing: angry and neutral clips of made
# speech that a higher pitch sets apart (none; speaker, with the same speakers in training and test), or nothing but white
# noise (noise) or the absence of all above 4 kHz (band) in the angry ones.
#   CLIPS=100 EPOCHS=20 PLANTS="none noise band speaker" notebooks-cli/10-audit.sh
export DATA=none  # each plant has a corpus of its own
source "$(dirname "$0")/common.sh"
# An audit needs 24 clips, however few there are to learn from.
tests=$((CLIPS > 24 ? (CLIPS + 1) / 2 : 12))
for plant in ${PLANTS:-none noise band speaker}; do
  folder="$OUTPUT/10-audit/$plant"
  case "$plant" in
    noise) amount=0 edit=(--noise 30) ;;
    band) amount=0 edit=(--low-pass 4000) ;;
    *) amount=6 edit=() ;;
  esac
  make_clips() {
    [ -f "$folder/$1/clips.csv" ] && return
    "$undertone" corpus synthesize --plant angry --cue pitch --amount "$amount" --speakers "$4" --clips "$2" --seed "$3" \
      --output "$folder/$1"
    [ ${#edit[@]} = 0 ] || "$undertone" edit "$folder/$1"/speaker-*/angry-*.wav "${edit[@]}" --json \
      --output "$folder/$1/edited" > "$folder/$1/edited.json"
    # The angry clips are the edited ones, where there are some; the speakers of another seed have other voices, and so
    # other names.
    sed -E "${edit[0]:+s|^speaker-[0-9]+/(angry-[0-9]+)\.wav|edited/\1.edited.wav|;}s|,speaker-|,speaker-$3-|" \
      "$folder/$1/manifest.csv" > "$folder/$1/clips.csv"
  }
  if [ "$plant" = speaker ]; then
    make_clips all $((2 * tests)) 1 11
    training="$folder/all/training.csv" tested="$folder/all/tested.csv"
    awk 'NR == 1 || NR % 2 == 0' "$folder/all/clips.csv" > "$training"
    awk 'NR % 2 == 1' "$folder/all/clips.csv" > "$tested"
  else
    make_clips train "$CLIPS" 1 20
    make_clips test "$tests" 2 20
    training="$folder/train/clips.csv" tested="$folder/test/clips.csv"
  fi
  [ -f "$folder/model/history.csv" ] || "$undertone" train cnnasp --classes angry,neutral --data "$training" \
    --epochs "${EPOCHS:-20}" --output "$folder/model"
  "$undertone" audit --model "$folder/model" --data "$tested" --training "$training" --clips 50 --html \
    --output "$folder/audit"
done
