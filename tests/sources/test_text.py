"""Sequences and text: padding is told from content, answers are late by one, splits share nothing."""

import numpy as np
import pytest

from pipeline import paths
from pipeline.errors import InputError
from pipeline.sources import accents, reversal, surnames, vowels

TOKENS = {
    "accents": lambda: accents.load(paths.RAW, 0),
    "surnames": lambda: surnames.load(paths.RAW, 0),
    "untold": lambda: surnames.load(paths.RAW, 0, language=False),
    "reversal": lambda: reversal.load(paths.RAW, 0, examples=300),
}


@pytest.mark.parametrize("name", TOKENS)
def test_tokens_are_whole_and_padded_on_the_right(name):
    examples = TOKENS[name]()
    assert examples.x.dtype == np.float32 and examples.y.dtype == np.int64
    assert (examples.x == np.round(examples.x)).all() and examples.x.min() == 0
    fed = examples.x[:, examples.x.shape[1] - examples.y.shape[1] :]
    assert ((fed > 0) == (examples.y >= 0)).all()  # asked for wherever something is fed, nowhere else
    assert (np.diff((fed > 0).astype(int), axis=1) <= 0).all()
    assert (examples.y >= -1).all() and (examples.y[:, 0] >= 0).all()


@pytest.mark.parametrize("name", ["surnames", "untold", "reversal"])
def test_a_decoder_is_fed_the_answer_one_place_late(name):
    examples = TOKENS[name]()
    fed = examples.x[:, examples.x.shape[1] - examples.y.shape[1] :]
    late = np.where(examples.y[:, :-1] > 0, examples.y[:, :-1], 0)
    assert (fed[:, 1:] == late).all()
    assert ((examples.y == 0).sum(1) == 1).all()  # one end each


def test_reversal_is_the_question_backwards_and_no_question_comes_twice():
    examples = reversal.load(paths.RAW, 4, examples=500, shortest=3, longest=5)
    assert examples.x.shape == (500, 11) and examples.y.shape == (500, 6)
    for x, y in zip(examples.x, examples.y, strict=True):
        question, answer = x[:5][x[:5] > 0], y[y > 0]
        assert (question[::-1] == answer).all() and 3 <= len(answer) <= 5
    assert len(np.unique(examples.x[:, :5], axis=0)) == 500
    assert (examples.x[:, 5] == reversal.START).all() and set(np.unique(examples.y[examples.y > 0])) == set(
        range(1, 11)
    )


def test_reversal_follows_its_seed():
    first, same, other = (reversal.load(paths.RAW, seed, examples=50).x for seed in (1, 1, 2))
    assert (first == same).all() and not (first == other).all()


@pytest.mark.parametrize(
    "settings", [{"shortest": 5, "longest": 4}, {"longest": 21}, {"examples": 700, "shortest": 3, "longest": 3}]
)
def test_reversal_refuses_what_cannot_be(settings):
    with pytest.raises(InputError, match="allowed"):
        reversal.load(paths.RAW, 0, **settings)


def test_every_mark_of_a_word_is_asked_for():
    examples = accents.load(paths.RAW, 0)
    words = (paths.RAW / "accents.csv").read_text("utf-8").split()[1:]
    row = next(number for number, word in enumerate(words) if word.endswith("ción"))
    word = words[row]
    assert examples.y[row, : len(word)].tolist() == [0] * (len(word) - 2) + [1, 0]
    assert examples.x[row, len(word) - 2] == ord("o") - ord("a") + 1
    assert len(np.unique(examples.x, axis=0)) == len(words) == 16000  # no input with two answers
    assert examples.x.max() == 26 and 0.01 < (examples.y == 1).sum() / (examples.y >= 0).sum() < 0.04


def test_the_language_is_the_first_token_and_can_be_kept_back():
    told, untold = surnames.load(paths.RAW, 0), surnames.load(paths.RAW, 0, language=False)
    assert np.unique(told.x[:, 0]).tolist() == list(range(52, 61)) and (untold.x[:, 0] == surnames.UNTOLD).all()
    assert (told.x[:, 1:] == untold.x[:, 1:]).all() and (told.y == untold.y).all()
    assert told.y.max() == told.x[:, 1:].max() == len(surnames.LETTERS)
    assert len(np.unique(told.x[:, 1:], axis=0)) == len(told)  # no name in two languages


def test_vowels_keep_the_authors_test_part():
    parts = vowels.load(paths.RAW, 0, validation=6)
    assert {name: len(part) for name, part in parts.items()} == {"train": 216, "validation": 54, "test": 370}
    assert np.bincount(parts["train"].y).tolist() == [24] * 9
    assert np.bincount(parts["validation"].y).tolist() == [6] * 9
    assert np.bincount(parts["test"].y).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    other = vowels.load(paths.RAW, 1, validation=6)
    assert (other["test"].x == parts["test"].x).all() and not (other["train"].x == parts["train"].x).all()
    together = np.concatenate([parts["train"].x, parts["validation"].x]).reshape(270, -1)
    assert len(np.unique(together, axis=0)) == 270


def test_vowels_are_zero_behind_their_end_only():
    for part in vowels.load(paths.RAW, 0).values():
        assert part.x.shape[1:] == (29, 12) and part.x.dtype == np.float32 and part.y.dtype == np.int64
        real = (part.x != 0).any(2)
        assert (np.diff(real.astype(int), axis=1) <= 0).all() and real.sum(1).min() >= 7
        assert 1 < np.abs(part.x).max() < 3


def test_vowels_need_a_series_left_to_train_on():
    with pytest.raises(InputError, match="allowed 1 to 29"):
        vowels.load(paths.RAW, 0, validation=30)


@pytest.mark.parametrize("source", [accents, surnames, vowels])
def test_a_missing_file_is_named(source, tmp_path):
    with pytest.raises(InputError, match="git restore"):
        source.load(tmp_path, 0)
