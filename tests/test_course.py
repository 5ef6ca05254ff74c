"""The course's own arithmetic, worked through the project's layers and Keras', to the digit."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.models import convnet, gan, mlp
from pipeline.tasks import classify
from pipeline.topics.convolution import probes
from pipeline.training import runtime

IMAGE = np.array([list(map(int, row)) for row in ["11100", "01110", "00111", "00110", "01100"]], "float32")
FILTER = np.array([list(map(int, row)) for row in ["101", "010", "101"]], "float32")
STEPS, INPUTS, UNITS = 7, 3, 5


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def slope(z):
    """The derivative of the sigmoid."""
    return sigmoid(z) * (1 - sigmoid(z))


def drawn(*shape, scale=1.0, seed=0):
    return (scale * np.random.default_rng([seed, *shape]).normal(size=shape)).astype("float32")


# 1. Neuron, activation functions, network


def test_a_neuron_is_a_weighted_sum_a_bias_and_an_activation():
    model = mlp.build((3,), 1, width=1, depth=1, activation="sigmoid")
    model.set_weights([np.array([[1.0], [2.0], [-3.0]]), np.array([0.5]), np.array([[2.0]]), np.array([-1.0])])
    answer = float(model(np.array([[1.0, 0.5, 0.25]], "float32"))[0, 0])
    assert answer == pytest.approx(2 * sigmoid(1 + 1 - 0.75 + 0.5) - 1, abs=1e-6)


def test_the_sigmoids_derivative_is_at_most_a_quarter_and_only_at_zero():
    z = tf.constant(np.linspace(-8, 8, 1601))
    with tf.GradientTape() as tape:
        tape.watch(z)
        y = keras.ops.sigmoid(z)
    found = tape.gradient(y, z).numpy()
    np.testing.assert_allclose(found, slope(z.numpy()), atol=1e-12)
    assert found.max() == pytest.approx(0.25, abs=1e-12) and found.argmax() == 800 and np.sum(found > 0.2499999) == 1


# 2. Convolutional networks


def convolved(image, **settings):
    """What the layers before the head make of an image, with the course's filter and a bias of 0."""
    model = convnet.build((*image.shape, 1), 2, channels=1, kernels=[3], padding="valid", **settings)
    model.layers[1].set_weights([FILTER[:, :, None, None], np.zeros(1)])
    body = keras.Model(model.input, model.layers[-2].input)
    return np.asarray(body(image[None, :, :, None]))[0, :, :, 0]


def test_the_worked_convolution():
    assert convolved(IMAGE, pooling="none").tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]


def test_a_stride_of_two_keeps_every_second_place():
    assert convolved(IMAGE, pooling="stride").tolist() == [[4, 4], [2, 4]]


def test_bias_and_activation_come_after_the_convolution():
    model = convnet.build((5, 5, 1), 2, channels=1, kernels=[3], padding="valid", pooling="none")
    model.layers[1].set_weights([FILTER[:, :, None, None], np.array([-3.0])])
    body = keras.Model(model.input, model.layers[1].output)
    assert np.asarray(body(IMAGE[None, :, :, None]))[0, :, :, 0].tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 1]]


@pytest.mark.parametrize(
    ("pooling", "expected"), [("max", [[4, 4], [3, 4]]), ("average", [[3.25, 2.75], [2.25, 1.75]])]
)
def test_pooling_windows_of_two(pooling, expected):
    """On the worked map, a row and a column larger for an image with a black border: windows of 2 by 2."""
    wide = np.pad(IMAGE, ((0, 1), (0, 1)))
    assert convolved(wide, pooling="none").tolist() == [[4, 3, 4, 1], [2, 4, 3, 3], [2, 3, 4, 1], [2, 2, 1, 1]]
    assert convolved(wide, pooling=pooling).tolist() == expected


def test_softmax_is_exp_over_the_sum_of_exps():
    logits = drawn(20, 10, scale=5.0)
    by_hand = np.exp(logits.astype("float64")) / np.exp(logits.astype("float64")).sum(1, keepdims=True)
    np.testing.assert_allclose(classify.softmax(logits.astype("float64")), by_hand, rtol=1e-12)
    np.testing.assert_allclose(keras.ops.softmax(logits), by_hand, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(classify.softmax(logits.astype("float64")).sum(1), 1, rtol=1e-12)


def test_logits_belong_to_a_loss_that_knows_they_are_logits():
    logits, labels = drawn(50, 4, scale=4.0), np.arange(50) % 4
    expected = -np.mean(np.log(classify.softmax(logits.astype("float64"))[np.arange(50), labels]))
    paired = classify.loss(np.bincount(labels))
    assert float(paired(labels, logits)) == pytest.approx(expected, rel=1e-5)
    head = keras.losses.SparseCategoricalCrossentropy(from_logits=False)
    assert float(head(labels, keras.ops.softmax(logits))) == pytest.approx(expected, rel=1e-4)
    assert abs(float(head(labels, logits)) - expected) > 0.1  # the wrong pair says nothing, and is wrong


def test_models_end_in_logits_not_in_softmax():
    for model in (mlp.build((8, 8, 1), 4), convnet.build((8, 8, 1), 4)):
        assert model.layers[-1].activation is keras.activations.linear


@pytest.mark.parametrize(
    ("pooling", "layers", "expected"),
    [
        ("none", [(5, 1), (3, 1), (3, 1)], 9),
        ("stride", [(5, 2), (3, 2), (3, 2)], 17),
        ("average", [(5, 1), (2, 2), (3, 1), (2, 2), (3, 1), (2, 2)], 24),
        ("max", [(5, 1), (2, 2), (3, 1), (2, 2), (3, 1), (2, 2)], 24),
    ],
)
def test_the_receptive_field_is_what_the_formula_says(pooling, layers, expected):
    """r_l = r_(l-1) + (k - 1) * product of strides, against the gradient of one place: a line, and a square."""
    assert probes.receptive_field_formula(layers) == expected
    for shape in ((48, 1), (48, 48, 1)):
        runtime.seed(0)
        model = convnet.build(shape, 3, channels=4, pooling=pooling)
        found = probes.seen(model, drawn(16, *shape))
        assert found.sum() == expected ** (len(shape) - 1)
        for axis in np.argwhere(found).T:  # neighbours, without a gap
            assert axis.max() - axis.min() + 1 == expected


# 3. Recurrent networks


def test_the_courses_recurrent_network_is_simple_rnn_and_a_dense_layer():
    """S_t = tanh(U X_t + W S_(t-1)), O_t = tanh(V S_t): kernels are the transposes of U, W and V."""
    x, U, W, V = (
        drawn(2, STEPS, INPUTS),
        drawn(UNITS, INPUTS),
        drawn(UNITS, UNITS, scale=0.5),
        drawn(4, UNITS, scale=0.5),
    )
    memory = keras.layers.SimpleRNN(UNITS, activation="tanh", use_bias=False, return_sequences=True)
    output = keras.layers.Dense(4, activation="tanh", use_bias=False)
    memory.build(x.shape)
    output.build((2, STEPS, UNITS))
    memory.set_weights([U.T, W.T])
    output.set_weights([V.T])
    state = np.zeros((2, UNITS))
    answers = np.asarray(output(memory(x)))
    for t in range(STEPS):
        state = np.tanh(x[:, t] @ U.T + state @ W.T)
        np.testing.assert_allclose(answers[:, t], np.tanh(state @ V.T), atol=1e-6)
    assert np.abs(answers).max() < 1


def test_back_propagation_through_time_by_hand_over_three_steps():
    """The error of S_t comes from O_t and from S_(t+1); the gradient of U, W and V is a sum over the steps."""
    x, wanted = drawn(3, INPUTS), drawn(3, 2, seed=1)
    weights = U, W, V = drawn(UNITS, INPUTS), drawn(UNITS, UNITS, scale=0.5), drawn(2, UNITS)
    states, answers = [np.zeros(UNITS)], []  # forward
    for t in range(3):
        states.append(np.tanh(U @ x[t] + W @ states[t]))
        answers.append(np.tanh(V @ states[t + 1]))
    errors, later = [None] * 3, np.zeros(UNITS)  # errors of what goes into each tanh, from the last step to the first
    outputs = [(answers[t] - wanted[t]) * (1 - answers[t] ** 2) for t in range(3)]
    for t in (2, 1, 0):
        errors[t] = later = (V.T @ outputs[t] + W.T @ later) * (1 - states[t + 1] ** 2)
    by_hand = [  # gradients
        sum(np.outer(errors[t], x[t]) for t in range(3)),
        sum(np.outer(errors[t], states[t]) for t in range(3)),
        sum(np.outer(outputs[t], states[t + 1]) for t in range(3)),
    ]
    for found, expected in zip(unrolled_gradients(x, wanted, weights), by_hand, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert np.abs(by_hand[1] - np.outer(errors[2], states[2])).max() > 1e-3  # the last step alone is not the gradient


def unrolled_gradients(x, wanted, weights):
    """Gradients of half the squared error, by automatic differentiation through Keras' recurrent layer."""
    U, W, V = weights
    layer = keras.layers.SimpleRNN(UNITS, use_bias=False, return_sequences=True)
    layer.build((1, *x.shape))
    layer.set_weights([U.T, W.T])
    V = tf.Variable(V)
    with tf.GradientTape() as tape:
        answers = tf.tanh(layer(x[None])[0] @ tf.transpose(V))
        error = tf.reduce_sum((answers - wanted) ** 2) / 2
    kernel, recurrent, out = tape.gradient(error, [*layer.trainable_weights, V])
    return kernel.numpy().T, recurrent.numpy().T, out.numpy()


def test_the_gradient_of_early_steps_is_a_sum_over_later_outputs():
    """dE/dS_0 of the sum of all outputs' errors is the sum of each output's own; each is a product of Jacobians."""
    x, W = drawn(4, UNITS), drawn(UNITS, UNITS, scale=0.5)
    first = tf.Variable(np.zeros(UNITS, "float32"))
    with tf.GradientTape(persistent=True) as tape:
        state, errors, states = first, [], []
        for t in range(4):
            state = tf.tanh(x[t] + tf.linalg.matvec(W, state))
            states.append(state)
            errors.append(tf.reduce_sum(state**2) / 2)
        total = tf.add_n(errors)
    whole, parts = tape.gradient(total, first), [tape.gradient(error, first).numpy() for error in errors]
    np.testing.assert_allclose(whole, sum(parts), rtol=1e-5, atol=1e-6)
    jacobian = np.eye(UNITS)
    for t in range(4):
        jacobian = np.diag(1 - states[t].numpy() ** 2) @ W @ jacobian
        np.testing.assert_allclose(parts[t], states[t].numpy() @ jacobian, rtol=1e-4, atol=1e-5)


def test_lstm_is_keras_lstm():
    """Gates input, forget, cell, output side by side in the kernels; c_t = f * c + i * g, h_t = o * tanh(c_t)."""
    x, layer = drawn(2, STEPS, INPUTS), keras.layers.LSTM(UNITS, return_sequences=True)
    layer.build(x.shape)
    layer.set_weights([drawn(*weight.shape, scale=0.7) for weight in layer.weights])
    kernel, recurrent, bias = layer.get_weights()
    answers, h, c = np.asarray(layer(x)), np.zeros((2, UNITS)), np.zeros((2, UNITS))
    for t in range(STEPS):
        i, f, g, o = np.split(x[:, t] @ kernel + h @ recurrent + bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        np.testing.assert_allclose(answers[:, t], h, atol=1e-6)


def course_gru(x, kernel, recurrent, bias):
    """h_t = (1 - z_t) * h_(t-1) + z_t * h~_t, h~_t = tanh(W [r_t * h_(t-1), x_t]), as the course has it."""
    (Kz, Kr, Kh), (Rz, Rr, Rh), (bz, br, bh) = (np.split(part, 3, axis=-1) for part in (kernel, recurrent, bias))
    h, states = np.zeros((len(x), UNITS)), []
    for t in range(x.shape[1]):
        z = sigmoid(x[:, t] @ Kz + h @ Rz + bz)
        r = sigmoid(x[:, t] @ Kr + h @ Rr + br)
        h = (1 - z) * h + z * np.tanh(x[:, t] @ Kh + (r * h) @ Rh + bh)
        states.append(h)
    return np.stack(states, 1)


def keras_gru(x, weights, **options):
    layer = keras.layers.GRU(UNITS, return_sequences=True, **options)
    layer.build(x.shape)
    layer.set_weights(weights)
    return np.asarray(layer(x))


def gru_weights():
    return [drawn(INPUTS, 3 * UNITS), drawn(UNITS, 3 * UNITS, seed=1), drawn(3 * UNITS, seed=2)]


def test_the_courses_gru_is_keras_gru_with_the_update_gate_turned_round():
    """Keras keeps z of the old state, the course takes z of the new one: the first columns change their sign."""
    x, weights = drawn(2, STEPS, INPUTS), gru_weights()
    turned = [np.concatenate([-part[..., :UNITS], part[..., UNITS:]], -1) for part in weights]
    expected = course_gru(x, *weights)
    np.testing.assert_allclose(keras_gru(x, turned, reset_after=False), expected, atol=1e-5)
    assert np.abs(keras_gru(x, weights, reset_after=False) - expected).max() > 0.3


def test_keras_default_gru_resets_after_the_product_which_is_another_cell():
    x, weights = drawn(2, STEPS, INPUTS), gru_weights()
    turned = [np.concatenate([-part[..., :UNITS], part[..., UNITS:]], -1) for part in weights]
    after = [*turned[:2], np.stack([turned[2], np.zeros_like(turned[2])])]
    assert np.abs(keras_gru(x, after, reset_after=True) - course_gru(x, *weights)).max() > 0.05


# 4. Generative adversarial networks


@pytest.mark.parametrize("logit", [-6.0, -1.0, 0.0, 2.0])
def test_the_generators_gradients_stand_as_one_minus_d_to_d(logit):
    """With respect to the logit: -D for log(1 - D), -(1 - D) for -log D; when D rejects, the first is lost."""
    found = {}
    for kind in ("minimax", "non_saturating"):
        variable = tf.Variable([[logit]])
        with tf.GradientTape() as tape:
            loss = gan.generator_loss(variable, kind)
        found[kind] = float(tf.convert_to_tensor(tape.gradient(loss, variable))[0, 0])
    D = sigmoid(logit)
    assert found["minimax"] == pytest.approx(-D, rel=1e-5)
    assert found["non_saturating"] == pytest.approx(-(1 - D), rel=1e-5)
    assert found["non_saturating"] / found["minimax"] == pytest.approx((1 - D) / D, rel=1e-4)


def value(real, fake):
    """E[log D(x)] + E[log(1 - D(G(z)))] of logits."""
    return np.mean(np.log(sigmoid(real))) + np.mean(np.log(1 - sigmoid(fake)))


def test_the_discriminator_maximises_the_value_function():
    real, fake = drawn(64, 1, scale=2.0), drawn(64, 1, scale=2.0, seed=1)
    assert -float(gan.discriminator_loss(tf.constant(real), tf.constant(fake))) == pytest.approx(
        value(real.astype("float64"), fake.astype("float64")), rel=1e-5
    )
    minimax = float(gan.generator_loss(tf.constant(fake), "minimax"))
    assert minimax == pytest.approx(np.mean(np.log(1 - sigmoid(fake.astype("float64")))), rel=1e-5)


def test_at_equilibrium_the_value_is_minus_two_log_two():
    nothing = tf.zeros((8, 1))
    assert -float(gan.discriminator_loss(nothing, nothing)) == pytest.approx(-2 * np.log(2), rel=1e-6)
    logits = np.linspace(-3, 3, 601)  # both distributions alike: a constant D can do no better than one half
    values = [value(np.array([at]), np.array([at])) for at in logits]
    assert logits[np.argmax(values)] == pytest.approx(0, abs=1e-9) and max(values) == pytest.approx(-2 * np.log(2))


# 5. Common problems


def chain(x, w, b):
    """dC/db_1 of y_i = sigma(w_i y_(i-1) + b_i), four deep, C = y_4, by the course's formula; and all slopes."""
    slopes, y = [], x
    for weight, bias in zip(w, b, strict=True):
        slopes.append(slope(weight * y + bias))
        y = sigmoid(weight * y + bias)
    return np.prod(slopes) * np.prod(w[1:]), slopes


def differentiated(x, w, b):
    biases, y = tf.Variable(b, dtype="float64"), tf.constant(x, "float64")
    with tf.GradientTape() as tape:
        for at in range(len(w)):
            y = keras.activations.sigmoid(w[at] * y + biases[at])
    return float(tf.convert_to_tensor(tape.gradient(y, biases))[0])


@pytest.mark.parametrize("seed", range(5))
def test_the_gradient_of_a_chain_is_a_product(seed):
    x, w, b = 0.7, *np.random.default_rng(seed).normal(size=(2, 4))
    assert differentiated(x, w, b) == pytest.approx(chain(x, w, b)[0], rel=1e-9)


@pytest.mark.parametrize("weight", [-0.99, 0.3, 0.99])
def test_weights_below_one_make_it_vanish(weight):
    """Each factor is at most a quarter, so each layer takes three quarters or more of what was left."""
    gradients = [abs(chain(0.7, np.full(depth, weight), np.zeros(depth))[0]) for depth in range(1, 21)]
    assert all(later <= earlier / 4 for earlier, later in itertools.pairwise(gradients))
    assert gradients[3] < 0.25**4 and gradients[-1] < 1e-12


def test_factors_above_one_make_it_explode():
    """With weights of 8 and each z at 0, where the slope is a quarter, every factor is 2."""
    gradients = []
    for depth in range(1, 21):
        w, b = np.full(depth, 8.0), np.full(depth, -4.0)
        found, slopes = chain(0.5, w, b)
        assert all(abs(8 * each) > 1 for each in slopes)
        gradients.append(found)
    assert found == pytest.approx(differentiated(0.5, w, b), rel=1e-9)
    assert gradients == pytest.approx([2.0 ** (depth - 1) / 4 for depth in range(1, 21)])
