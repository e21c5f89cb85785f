"""From the probabilities of many seconds to words: smoothing and a threshold."""

LABELS = "silence unknown yes no up down left right on off stop go".split()
FIRST_WORD = 2  # What comes before it in LABELS is no word.
SMOOTHED = 5  # How many seconds, each a step after the other, a mean is of.


def spot(probabilities, min_score):
    """The words in the probabilities [seconds, 12]: (row of the best mean, word, that mean).

    A word lasts as long as its mean over SMOOTHED rows stays the largest and at least `min_score`.
    """
    words, last = [], None
    for row in range(SMOOTHED - 1, len(probabilities)):
        mean = probabilities[row - SMOOTHED + 1 : row + 1].mean(axis=0)
        label, score = int(mean.argmax()), float(mean.max())
        label = label if label >= FIRST_WORD and score >= min_score else None
        if label is not None and label == last:
            words[-1] = max(words[-1], (row, LABELS[label], score), key=lambda word: word[2])
        elif label is not None:
            words.append((row, LABELS[label], score))
        last = label
    return words
