#!/usr/bin/env python3
"""How often an audit of steady noises raises a false alarm for one emotion, by the number of speakers who give its noise.

Each speaker's room raises or lowers the probability that a model gives each of four emotions, by a normal number of deviation 0.3, and
says nothing of the emotion. The one that is judged has 24 clips of 1 to 12 speakers, the others 24 clips of 12 speakers each. Noises are
exchanged as `NoiseExchange` does, and judged by `Estimate(values:parties:areSpeakers:level:)` among 30 tests, without the least number of
givers that `AuditRules` asks for: 0.17 % are allowed.

    python3 noise-rooms.py     (NumPy and SciPy; a minute)
"""

import numpy
from scipy.stats import t as student

EMOTIONS, CLIPS, SPEAKERS, TESTS, ROOM, REST, AUDITS = 4, 24, 12, 30, 0.3, 0.05, 1000
LEAST_CLIPS, LEAST_SPEAKERS, LEAST_FOLLOWING = 24, 10, 0.05


def corpus(speakers):
    """The emotion and the speaker of each clip; emotion 0 has speakers of its own."""
    own = [(0, speaker) for speaker in range(speakers) for _ in range(CLIPS // speakers)]
    others = [
        (emotion, speakers + speaker)
        for emotion in range(1, EMOTIONS) for speaker in range(SPEAKERS) for _ in range(CLIPS // SPEAKERS)
    ]
    return own + others


def exchanged(clips, generator):
    """A taker with a donor of the same emotion and one of another, for each clip."""
    given = numpy.zeros((2, len(clips)), int)
    turns = {}

    def donor(taker, emotion, kind):
        able = [place for place, clip in enumerate(clips) if place != taker and clip[0] == emotion]
        able = [place for place in able if clips[place][1] != clips[taker][1]] or able
        least = min(given[kind][place] for place in able)
        found = generator.choice([place for place in able if given[kind][place] == least])
        given[kind][found] += 1
        return found

    for taker in generator.permutation(len(clips)):
        own = clips[taker][0]
        taken = turns.setdefault(own, {emotion: 0 for emotion in range(EMOTIONS) if emotion != own})
        other = generator.choice([emotion for emotion, count in taken.items() if count == min(taken.values())])
        same = donor(taker, own, 0)
        yield taker, same, donor(taker, other, 1)
        taken[other] += 1


def alarms(speakers, generator):
    """Whether an audit says that the predictions follow the noise of emotion 0."""
    clips = corpus(speakers)
    rooms = generator.normal(0, ROOM, speakers + SPEAKERS)
    values, parties = [], []
    for taker, same, other in exchanged(clips, generator):
        sign = 1 if clips[taker][0] == 0 else -1 if clips[other][0] == 0 else 0
        if sign:
            values.append(sign * (rooms[clips[same][1]] - rooms[clips[other][1]]) + generator.normal(0, REST))
            parties.append({clips[place][1] for place in (taker, same, other)})
    mean, sums = numpy.mean(values), {}
    for value, own in zip(values, parties):
        for speaker in own:
            sums[speaker] = sums.get(speaker, 0) + value - mean
    units = len(sums)
    error = (sum(value * value for value in sums.values()) * units / (units - 1)) ** 0.5 / len(values)
    low = mean - student.ppf(1 - 0.05 / TESTS / 2, units - 1) * error
    return len(values) >= LEAST_CLIPS and units >= LEAST_SPEAKERS and low > 1e-9 and mean >= LEAST_FOLLOWING


if __name__ == "__main__":
    generator = numpy.random.default_rng(1)
    print("givers  false alarms")
    for speakers in (1, 2, 3, 4, 5, 6, 8, 12):
        share = numpy.mean([alarms(speakers, generator) for _ in range(AUDITS)])
        print(f"{speakers:6}  {100 * share:10.1f} %")
