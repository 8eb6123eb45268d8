#!/bin/sh
# Makes the files beside it that soundfile did not write: sh make-others.sh (sox 14.4, ffmpeg 5.1), after make.py.
# All are the tones of make.py, 0.5 sin(2π 440 t), without dither.
set -e
cd "$(dirname "$0")"
sox -D tone-float.wav -e a-law sox-a-law.wav
sox -D tone-float.wav -e mu-law sox-mu-law.wav
sox -D tone-float.wav -b 8 sox-8-bit.wav
sox -D tone-float.wav -b 24 sox-24-bit.flac
sox -D tone-float.wav -b 16 sox.w64
sox -D tone-float.wav -b 16 -t aifc sox.aifc
sox -D tone-float.wav -b 16 sox.caf
sox -D tone.flac -b 16 sox.au
long="-f lavfi -i aevalsrc=0.5*sin(2*PI*440*t):s=16000:d=0.25 -bitexact"
quiet="-loglevel error -y"
ffmpeg $quiet $long -c:a pcm_s24le ffmpeg-24-bit.wav
ffmpeg $quiet $long -rf64 always ffmpeg-rf64.wav
ffmpeg $quiet $long -c:a libopus ffmpeg-opus.ogg
ffmpeg $quiet $long -c:a libvorbis ffmpeg-vorbis.ogg
ffmpeg $quiet $long -c:a libmp3lame -b:a 48k ffmpeg.mp3
