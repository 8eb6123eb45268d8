#!/usr/bin/env bash
# Whether an audit finds what a model was made to lean on, and nothing where there is nothing: angry and neutral clips of made
# speech that a higher pitch sets apart (none; rooms, with white noise under all clips of every second speaker; speaker, with the
# same speakers in training and test), or nothing but white noise (noise) or the absence of all above 4 kHz (band) in the angry ones.
# Then as many smaller corpora as CONTROLS says of none and of rooms, each from other seeds: alarms are false there. Cautions may be
# true: of what a model depends on that learned from few clips in noisy rooms.
#   CLIPS=100 EPOCHS=20 PLANTS="none rooms noise band speaker" CONTROLS=20 notebooks-cli/10-audit.sh
export DATA=none  # each plant has a corpus of its own
source "$(dirname "$0")/common.sh"
# audit PLANT FOLDER CLIPS EPOCHS SEED [OPTION…]: makes clips, trains a model on them and audits it on clips of other seeds.
audit() {
  local plant="$1" folder="$2" clips="$3" epochs="$4" seed="$5"
  # An audit needs 24 clips, however few there are to learn from.
  local tests=$((clips > 24 ? (clips + 1) / 2 : 12)) amount=6 edit=()
  # The clips that are edited, as files and as the manifest has them.
  local files="speaker-*/angry-*.wav" rows="speaker-[0-9]+/(angry-[0-9]+)\.wav"
  case "$plant" in
    noise) amount=0 edit=(--noise 30) ;;
    band) amount=0 edit=(--low-pass 4000) ;;
    rooms) edit=(--noise 30) files="speaker-*[13579]/*.wav" rows="speaker-[0-9]*[13579]/([a-z]+-[0-9]+)\.wav" ;;
  esac
  make_clips() {
    [ -f "$folder/$1/clips.csv" ] && return
    "$undertone" corpus synthesize --plant angry --cue pitch --amount "$amount" --speakers "$4" --clips "$2" --seed "$3" \
      --output "$folder/$1"
    [ ${#edit[@]} = 0 ] || "$undertone" edit "$folder/$1"/$files "${edit[@]}" --json \
      --output "$folder/$1/edited" > "$folder/$1/edited.json"
    # The edited clips stand for their originals; the speakers of another seed have other voices, and so other names.
    sed -E "${edit[0]:+s|^$rows|edited/\1.edited.wav|;}s|,speaker-|,speaker-$3-|" \
      "$folder/$1/manifest.csv" > "$folder/$1/clips.csv"
  }
  if [ "$plant" = speaker ]; then
    make_clips all $((2 * tests)) "$seed" 11
    local training="$folder/all/training.csv" tested="$folder/all/tested.csv"
    awk 'NR == 1 || NR % 2 == 0' "$folder/all/clips.csv" > "$training"
    awk 'NR % 2 == 1' "$folder/all/clips.csv" > "$tested"
  else
    make_clips train "$clips" "$seed" 20
    make_clips test "$tests" $((seed + 1)) 20
    local training="$folder/train/clips.csv" tested="$folder/test/clips.csv"
  fi
  [ -f "$folder/model/history.csv" ] || "$undertone" train cnnasp --classes angry,neutral --data "$training" \
    --epochs "$epochs" --seed "$seed" --output "$folder/model" > "$folder/training.txt"
  "$undertone" audit --model "$folder/model" --data "$tested" --training "$training" --clips 50 --seed "$seed" \
    --output "$folder/audit" "${@:6}"
}
for plant in ${PLANTS:-none rooms noise band speaker}; do
  audit "$plant" "$OUTPUT/10-audit/$plant" "$CLIPS" "${EPOCHS:-20}" 1 --html
done
controls="$OUTPUT/10-audit/controls"
for plant in none rooms; do
  for ((number = 1; number <= ${CONTROLS:-20}; number++)); do
    folder="$controls/$plant-$number"
    mkdir -p "$folder"
    audit "$plant" "$folder" "$((CLIPS < 60 ? CLIPS : 60))" "${EPOCHS:-20}" $((100 * number)) --json > "$folder/audit.json"
  done
  echo "$plant: alarms and cautions in ${CONTROLS:-20} audits"
  # That a model of few clips has learned nothing is true.
  cat "$controls/$plant"-*/audit.json | grep -oE '"topic":"[^"]*","verdict":"(alarm|caution)"' | grep -v '"the model"' \
    | sort | uniq -c || true
done
