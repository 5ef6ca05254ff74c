"""Decoding without help, by models whose mistakes are known: no padding counts, and exact match is the same."""

import numpy as np
import pytest
from seen import Seen

from pipeline.records import Examples
from pipeline.sources import reversal, surnames
from pipeline.topics.recurrent_forms import TOPIC, probes

QUESTIONS = reversal.load(None, 0, examples=60, shortest=3, longest=5)


def one_hot(tokens, classes):
    return 20.0 * np.eye(classes, dtype="float32")[tokens]


def right(x, training=False):
    """Reads the question and knows the whole answer, whatever it is fed."""
    question = x[:, :5].astype(int)
    answer = np.zeros((len(x), 6), int)
    for row, digits in enumerate(question):
        said = digits[digits > 0][::-1]
        answer[row, : len(said)] = said
    return one_hot(answer, 11)


def copying(x, training=False):
    """Right at the first place; later it is right only as long as it was fed the right token before."""
    answer = right(x).argmax(-1)
    fed = x[:, 6:].astype(int)
    answer[:, 1:] = np.where(fed == answer[:, :-1], answer[:, 1:], 1)
    answer[::2, 0] = 11 - answer[::2, 0]  # every second answer starts wrongly
    return one_hot(answer, 11)


def stopping(x, training=False):
    """Ends every answer at once."""
    return one_hot(np.zeros((len(x), 6), int), 11)


def run(model, test, training=None, source="reversal"):
    predicted = probes.tag.predict(model, test.x) if model else None
    card = {"source": source}
    return Seen(model=model, test=test, training=training or test, predicted=predicted, card=card)


def exact(one):
    return np.mean(((one.predicted.argmax(-1) == one.test.y) | (one.test.y < 0)).all(1))


def test_the_answer_is_never_looked_at():
    blind = QUESTIONS.x.copy()
    blind[:, 6:] = 7
    decoded = probes.decode(right, blind, 6)
    assert (decoded == probes.decode(right, QUESTIONS.x, 6)).all()
    assert (decoded == QUESTIONS.y).all()  # ends and the places behind them too


def test_what_is_written_is_fed_back():
    one = run(copying, QUESTIONS)
    asked = QUESTIONS.y >= 0
    forced = float(np.mean((one.predicted.argmax(-1) == QUESTIONS.y)[asked]))
    assert probes.free_accuracy(one) < forced
    assert probes.teacher_forcing_gap(one) == pytest.approx(forced - probes.free_accuracy(one))
    assert probes.teacher_forcing_gap(run(right, QUESTIONS)) == 0


@pytest.mark.parametrize("model", [right, copying, stopping])
def test_whole_answers_are_as_often_right_with_and_without_help(model):
    one = run(model, QUESTIONS)
    assert probes.free_exact_match(one) == pytest.approx(exact(one))


def test_padding_never_counts_as_right():
    """Who stops at once has said one token: the end, at the first place, where it is wrong."""
    one = run(stopping, QUESTIONS)
    assert probes.free_accuracy(one) == 0 and probes.free_exact_match(one) == 0
    assert (probes.decode(stopping, QUESTIONS.x, 6)[:, 1:] == -1).all()


def test_drawn_tokens_follow_their_probabilities():
    shares = np.tile([0.2, 0.0, 0.8], (4000, 1))
    drawn = np.bincount(probes._drawn(shares, np.random.default_rng(0)), minlength=3) / 4000
    assert drawn == pytest.approx([0.2, 0, 0.8], abs=0.03)


def names():
    x = np.array([[52, 1, 2, 0], [53, 3, 0, 0]], "float32")
    return Examples(x, np.array([[1, 2, 0, -1], [3, 0, -1, -1]]))


def reader(x, training=False):
    """Is sure of the first letter of a name by its language alone: token 52 -> 1, token 53 -> 3."""
    logits = np.zeros((*x.shape, 52), "float32")
    logits[:, 0] = one_hot(np.where(x[:, 0] == 52, 1, 3).astype(int), 52)
    return logits


def test_a_wrong_language_costs_what_the_language_told():
    one = run(reader, names(), source="surnames")
    even = np.log(52)
    told = probes._cross_entropy(one.predicted, one.test.y)
    assert told == pytest.approx(even * 3 / 5, abs=1e-3)  # 3 of 5 letters are guessed evenly
    assert probes.wrong_language_cross_entropy(one) == pytest.approx(even * 3 / 5 + 20 * 2 / 5, abs=1e-3)


def test_letter_frequencies_are_those_of_the_training_part():
    training = Examples(np.zeros((1, 4), "float32"), np.array([[5, 5, 0, -1]]))
    counts = np.ones(52)
    counts[[5, 0]] += [2, 1]
    shares = counts / counts.sum()
    expected = -np.mean(np.log(shares[[1, 2, 0, 3, 0]]))
    assert probes.letter_frequency_cross_entropy(run(None, names(), training)) == pytest.approx(expected)


def test_marks_and_words():
    y = np.array([[0, 1, -1], [0, 0, 1], [0, 0, -1], [0, 0, 0]])
    x = np.array([[1, 5, 0], [1, 2, 15], [3, 1, 0], [3, 1, 1]], "float32")
    guess = one_hot(np.array([[0, 1, 1], [0, 0, 0], [0, 0, 0], [0, 1, 0]]), 2)
    one = run(lambda part, training=False: guess, Examples(x, y), source="accents")
    assert probes.marks_f1(one) == pytest.approx(2 * 1 / (2 + 2))  # of two marks found one is right, two were to be
    assert probes.marks_found(one) == 0.5 and probes.never_marking_exact_match(one) == 0.5
    assert probes.samples(one) == ["aé (right: aé)", "abo (right: abó)"]


def test_who_never_marks_has_an_f1_of_0():
    y = np.array([[0, 1, -1]])
    none = run(lambda part, training=False: one_hot(np.array([[0, 0, 1]]), 2), Examples(np.ones((1, 3), "float32"), y))
    assert probes.marks_f1(none) == 0  # what is said behind the end does not count
    every = run(lambda part, training=False: one_hot(np.ones((1, 3), int), 2), Examples(np.ones((1, 3), "float32"), y))
    assert probes.marks_f1(every) == pytest.approx(2 / 3)


@pytest.mark.parametrize(("accuracies", "steps"), [([0.5, 0.95, 0.9], 50), ([0.94, 0.94], 75), ([1.0], 25)])
def test_steps_to_reverse(accuracies, steps):
    history = [{"epoch": at + 1, "val_accuracy": accuracy} for at, accuracy in enumerate(accuracies)]
    settings = {"fit": {"batch_size": 64, "epoch_steps": 25}}
    assert probes.steps_to_reverse(Seen(history=history, settings=settings, training=np.zeros(4000))) == steps


def test_samples_can_be_read():
    lines = probes.samples(run(right, QUESTIONS))
    assert len(lines) == probes.SHOWN
    said, truth = lines[0].split(" -> ")[1].split(" (right: ")
    assert said == truth.rstrip(")") == lines[0].split(" -> ")[0][::-1]
    assert [line.split(":")[0] for line in probes.samples(run(reader, names(), source="surnames"))] == [
        "German",
        "English",
    ]
    assert probes.samples(run(None, names(), source="digits")) == []


def test_the_alphabet_is_the_sources():
    assert probes.LETTERS == surnames.LETTERS and len(probes.LANGUAGES) == len(surnames.LANGUAGES) + 1


def test_every_probe_is_there_and_says_where_it_applies():
    assert set(TOPIC.probes) == set(probes.APPLIES_TO)
    assert all(callable(getattr(probes, name)) for name in TOPIC.probes)
    assert set(probes.DIVERGED) <= set(TOPIC.probes)
