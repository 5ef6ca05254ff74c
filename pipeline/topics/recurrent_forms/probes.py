"""What the forms are measured by beyond the plain scores: decoding without help, wrong prompts, trivial answers."""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from pipeline.contracts import RunUnderProbe
from pipeline.scoring.finished_run import steps_until
from pipeline.tasks import tag

if TYPE_CHECKING:
    import keras

APPLIES_TO = {
    "free_accuracy": ("reversal",),
    "free_exact_match": ("reversal",),
    "teacher_forcing_gap": ("reversal",),
    "wrong_language_cross_entropy": ("surnames",),
    "letter_frequency_cross_entropy": ("surnames",),
    "marks_found": ("accents",),
    "marks_f1": ("accents",),
    "never_marking_exact_match": ("accents",),
    "steps_to_reverse": ("reversal",),
}
DIVERGED = {"free_accuracy": 0.0, "free_exact_match": 0.0}
END = 0  # as an answer; as an input it is padding
LETTERS = "abcdefghijklmnopqrstuvwxyzßàáäåçèéêëìíîñòóöùúüćčđšž"  # of the source surnames
LANGUAGES = ("German", "English", "Spanish", "Finnish", "French", "Croatian", "Italian", "Dutch", "Swedish", "any")
MARKED = dict(zip("aeioun", "áéíóúñ", strict=True))
KNOWN = 0.95  # of the validation tokens, told the truth, from which on reversing counts as learnt
SHOWN = 6  # lines of a sample, and names per language


def free_accuracy(run: RunUnderProbe) -> float:
    """Share of the answers' tokens that are right when the decoder is fed its own output, not the true one."""
    decoded = _decoded(run)
    return float(np.mean((decoded == run.test.y)[run.test.y >= 0]))


def free_exact_match(run: RunUnderProbe) -> float:
    """Share of whole answers, their end included, that are right when the decoder is fed its own output.

    By greedy decoding it equals `exact_match` under teacher forcing: up to a first mistake both see the same inputs.
    """
    decoded = _decoded(run)
    return float(np.mean(((decoded == run.test.y) | (run.test.y < 0)).all(1)))


@lru_cache(maxsize=1)  # three numbers of a run are drawn from it
def _decoded(run: RunUnderProbe) -> np.ndarray:
    return decode(run.model, run.test.x, run.test.y.shape[1])


def teacher_forcing_gap(run: RunUnderProbe) -> float:
    """Token accuracy fed the truth minus token accuracy fed its own output (Bengio et al., 2015)."""
    asked = run.test.y >= 0
    forced = float(np.mean((run.predicted.argmax(-1) == run.test.y)[asked]))
    return forced - free_accuracy(run)


def decode(model: "keras.Model", x: np.ndarray, length: int, random: np.random.Generator | None = None) -> np.ndarray:
    """Tokens (n, length) int64 that the model writes when fed its own output; -1 behind the end it wrote itself.

    x (n, steps) is [prompt | answer one place late] as in training; of its last `length` places only the first, which
    starts the answer, is looked at. Each token is the likeliest, or drawn by `random`. So that padding can never count
    as a right answer, places behind the end are -1 whatever the labels are.
    """
    first = x.shape[1] - length
    fed = x.copy()
    fed[:, first + 1 :] = END
    written = np.full((len(x), length), -1, np.int64)
    unfinished = np.ones(len(x), bool)
    for place in range(length):
        shares = tag.predict(model, fed)[:, place - length]
        tokens = shares.argmax(1) if random is None else _drawn(shares, random)
        written[unfinished, place] = tokens[unfinished]
        unfinished &= tokens != END
        if place + 1 < length:
            fed[:, first + 1 + place] = np.where(unfinished, tokens, END)
    return written


def _drawn(shares: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """One token for each row of probabilities (n, tokens)."""
    reached = np.cumsum(shares, 1) > random.random((len(shares), 1)) * shares.sum(1, keepdims=True)
    tokens: np.ndarray = reached.argmax(1)
    return tokens


def wrong_language_cross_entropy(run: RunUnderProbe) -> float:
    """Cross-entropy of a letter, in nats, when every name is announced in the next language of the list."""
    languages, place = np.unique(run.test.x[:, 0], return_inverse=True)
    wrong = run.test.x.copy()
    wrong[:, 0] = languages[(place + 1) % len(languages)]
    return _cross_entropy(tag.predict(run.model, wrong), run.test.y)


def letter_frequency_cross_entropy(run: RunUnderProbe) -> float:
    """Cross-entropy of a letter, in nats, for who knows how frequent letters are in the training part, and no more."""
    counts = np.bincount(run.training.y[run.training.y >= 0], minlength=len(LETTERS) + 1) + 1  # Laplace (1814)
    return _cross_entropy(np.broadcast_to(counts / counts.sum(), (*run.test.y.shape, len(counts))), run.test.y)


def _cross_entropy(shares: np.ndarray, labels: np.ndarray) -> float:
    """Mean over the places asked for, in nats; shares (n, places, tokens)."""
    asked = labels >= 0
    right = np.take_along_axis(shares, np.maximum(labels, 0)[..., None], -1)[..., 0]
    return float(-np.mean(np.log(np.maximum(right[asked], 1e-12))))


def marks_found(run: RunUnderProbe) -> float:
    """Share of the letters with a mark that are given one (recall)."""
    return float(np.mean(run.predicted.argmax(-1)[run.test.y == 1] == 1))


def marks_f1(run: RunUnderProbe) -> float:
    """Harmonic mean of precision and recall over the letters with a mark; 0 if none is found, as never marking gets."""
    marked, right = run.predicted.argmax(-1) == 1, run.test.y == 1
    found, given = np.sum(marked & right), np.sum(marked & (run.test.y >= 0))
    return float(2 * found / (given + np.sum(right)))


def steps_to_reverse(run: RunUnderProbe) -> float:
    """Optimizer steps until 95 % of the validation tokens are right, told the truth, looked at once an epoch.

    A run that never gets there counts as one epoch more than it had.
    """
    return steps_until(run, lambda row: row["val_accuracy"] >= KNOWN)


def never_marking_exact_match(run: RunUnderProbe) -> float:
    """Share of words that are right without any mark: what must be beaten."""
    return float(np.mean((run.test.y <= 0).all(1)))


def samples(run: RunUnderProbe) -> list[str]:
    """Lines to read: digits and what was made of them, names that never were, words with their marks."""
    lines = {"reversal": _reversals, "surnames": _names, "accents": _words}.get(run.card["source"])
    return lines(run) if lines else []


def _reversals(run: RunUnderProbe) -> list[str]:
    x, y = run.test.x[:SHOWN], run.test.y[:SHOWN]
    decoded = decode(run.model, x, y.shape[1])
    question = x.shape[1] - y.shape[1]
    rows = zip(x[:, :question].astype(int), decoded, y, strict=True)
    return [f"{_digits(asked)} -> {_digits(answer)} (right: {_digits(right)})" for asked, answer, right in rows]


def _digits(tokens: np.ndarray) -> str:
    return "".join(str(token - 1) for token in tokens if token > 0)


def _names(run: RunUnderProbe) -> list[str]:
    """One line per language, of names drawn letter by letter."""
    random = np.random.default_rng(0)
    prompts = np.unique(run.test.x[:, 0])
    x = np.zeros((len(prompts) * SHOWN, run.test.x.shape[1]), np.float32)
    x[:, 0] = np.repeat(prompts, SHOWN)
    written = decode(run.model, x, run.test.y.shape[1], random).reshape(len(prompts), SHOWN, -1)
    names = [", ".join("".join(LETTERS[token - 1] for token in name if token > 0) for name in of) for of in written]
    languages = [LANGUAGES[int(prompt) - len(LETTERS) - 1] for prompt in prompts]
    return [f"{language}: {line}" for language, line in zip(languages, names, strict=True)]


def _words(run: RunUnderProbe) -> list[str]:
    """Words that have a mark, as they were marked and as they should have been."""
    rows = np.flatnonzero((run.test.y == 1).any(1))[:SHOWN]
    marks = run.predicted.argmax(-1)
    return [f"{_word(run.test.x[r], marks[r])} (right: {_word(run.test.x[r], run.test.y[r])})" for r in rows]


def _word(tokens: np.ndarray, marks: np.ndarray) -> str:
    """Letters 1 to 26 as text; a consonant that cannot carry a mark, but was given one, is followed by '."""
    letters = [(chr(ord("a") + int(token) - 1), mark == 1) for token, mark in zip(tokens, marks, strict=True) if token]
    return "".join(MARKED.get(letter, letter + "'") if mark else letter for letter, mark in letters)
