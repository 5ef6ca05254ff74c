"""Activation functions and depth: does the sigmoid make gradients vanish, and does ReLU cure it?"""

from pipeline.verdicts.topic import Claim, Line, Sweep, Topic

ACTIVATION = "1 Neuron, activation functions, network: activation functions"
VANISHING = "5 Common problems: vanishing gradient"
REMEDY = "5 Common problems: vanishing gradient, remedies"
PILOT = "own pilot on 4,000 MNIST digits"
SIGMOID, RELU = ({depth: f"{name}_{depth}" for depth in (2, 5, 10, 20)} for name in ("sigmoid", "relu"))

TOPIC = Topic(
    title="Activation functions and the vanishing gradient",
    question=(
        "The sigmoid's derivative is at most 1/4, and going back through a network multiplies one such factor a layer."
        " How much of the gradient is left in the first layer, what does that do to learning, and is ReLU the cure?"
    ),
    probes=("gradient_ratio", "gradient_factor", "sigmoid_bound", "steps_to_quarter"),
    sweeps=(
        Sweep(
            x="hidden layers",
            y="accuracy",
            lines=(
                Line(words="sigmoid", metric="accuracy", variants=SIGMOID),
                Line(words="ReLU", metric="accuracy", variants=RELU),
            ),
        ),
        Sweep(
            x="hidden layers",
            y="gradient, first over last (log10)",
            lines=(
                Line(words="sigmoid", metric="gradient_ratio", variants=SIGMOID),
                Line(words="ReLU", metric="gradient_ratio", variants=RELU),
            ),
        ),
    ),
    series=("gradient_start", "gradient_trained"),
    claims=(
        Claim(
            name="vanishing_gradient",
            sentence="With ten sigmoid layers the first layer's gradient, measured against the last one's, is a"
            " thousand times smaller than with ReLU, or smaller still.",
            chapter=VANISHING,
            source=f"Glorot and Bengio (2010); {PILOT}, log10 of first over last: -5.9 against -0.2",
            metric="gradient_ratio",
            better="relu_10",
            worse="sigmoid_10",
            margin=3.0,
        ),
        Claim(
            name="deeper_vanishes_more",
            sentence="Ten more sigmoid layers make the gradient at least another thousand times smaller.",
            chapter=VANISHING,
            source="own pilot at the start, log10 of first over last: -5.9 at depth 10, -12.0 at depth 20",
            metric="gradient_ratio",
            better="sigmoid_10",
            worse="sigmoid_20",
            margin=3.0,
        ),
        Claim(
            name="factor_a_layer",
            sentence="Each ReLU layer passes on at least twice the share of the gradient that a sigmoid layer does,"
            " half of it or more.",
            chapter=VANISHING,
            source="own pilot at the start: 0.22 a sigmoid layer, 0.95 a ReLU layer",
            metric="gradient_factor",
            better="relu_10",
            worse="sigmoid_10",
            margin=0.5,
        ),
        Claim(
            name="quarter_bound",
            sentence="A sigmoid layer passes on at most a quarter of the gradient times the norm of its weights; tanh"
            " layers, at the same weights, do not keep to that.",
            chapter=f"{VANISHING}; {ACTIVATION}",
            source="the chain rule with a derivative of at most 1/4: every sigmoid layer, whatever the data",
            metric="sigmoid_bound",
            better="sigmoid_10",
            worse="tanh_10",
            margin=0.5,
        ),
        Claim(
            name="relu_learns",
            sentence="Ten sigmoid layers learn nothing; ten ReLU layers learn to read digits.",
            chapter=REMEDY,
            source=f"{PILOT}: accuracy 10 % (chance) against 90 %",
            metric="accuracy",
            better="relu_10",
            worse="sigmoid_10",
            margin=0.5,
        ),
        Claim(
            name="five_layers",
            sentence="Five sigmoid layers still learn, but read digits clearly worse than five ReLU layers after as many"
            " steps.",
            chapter=VANISHING,
            source="Glorot and Bengio (2010), table 1, five layers: MNIST error 2.21 % with sigmoid, 1.64 to 1.76 % with"
            f" tanh, trained much longer; {PILOT}: accuracy 79 % against 92 %",
            metric="accuracy",
            better="relu_5",
            worse="sigmoid_5",
            margin=0.05,
        ),
        Claim(
            name="shallow_sigmoid",
            sentence="With two hidden layers it is no different: ReLU reads digits clearly better than the sigmoid.",
            chapter=ACTIVATION,
            source=f"{PILOT}: accuracy 93 % against 90 %; expected: negligible",
            metric="accuracy",
            better="relu_2",
            worse="sigmoid_2",
            margin=0.05,
        ),
        Claim(
            name="relu_faster",
            sentence="At ten layers ReLU reaches a training error of 25 % in fewer steps than tanh.",
            chapter=ACTIVATION,
            source="Krizhevsky et al. (2012), figure 1: six times fewer epochs, on a convolutional network and CIFAR-10;"
            f" {PILOT}: 45 steps against 20, the other way round",
            metric="steps_to_quarter",
            better="relu_10",
            worse="tanh_10",
            margin=20.0,
            higher_is_better=False,
        ),
        Claim(
            name="tanh_cures_it_too",
            sentence="At ten layers ReLU reads digits better than tanh: the cure is ReLU, not any activation centred on"
            " 0.",
            chapter=REMEDY,
            source=f"{PILOT}: accuracy 90 % either way; expected: negligible",
            metric="accuracy",
            better="relu_10",
            worse="tanh_10",
            margin=0.03,
        ),
        Claim(
            name="matching_start",
            sentence="Twenty ReLU layers learn better from He's starting weights, made for ReLU, than from Glorot's.",
            chapter=REMEDY,
            source="He et al. (2015): 30 layers train from the first, stall from the second;"
            f" {PILOT}: accuracy 85 % against 81 %",
            metric="accuracy",
            better="relu_20",
            worse="relu_20_glorot",
            margin=0.02,
        ),
    ),
)
