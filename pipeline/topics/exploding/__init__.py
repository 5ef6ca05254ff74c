"""Exploding gradients: what makes them, what does clipping save, and does the saved network learn?"""

from pipeline.verdicts.topic import Claim, Topic

CHAPTER = "5 Common problems: exploding gradient"
REMEDY = "5 Common problems: exploding gradient, gradient clipping"
PASCANU = "Pascanu, Mikolov and Bengio (2013)"
RATE_MARGIN = 0.1  # one run in ten, for which all against none of six runs is just enough

TOPIC = Topic(
    title="Exploding gradients and clipping",
    question=(
        "Going back through many steps multiplies the gradient by the recurrent weights each time. How large does it"
        " get, does clipping keep training alive, and is a network that survives also one that learns?"
    ),
    probes=("first_gradient", "learned", "solved"),
    series=("gradient_norm", "gradient_norm_max"),
    claims=(
        Claim(
            name="explosion",
            sentence="Recurrent weights 1.5 times as large make the first gradient of a sequence of 100 steps at least a"
            " thousand times larger.",
            chapter=CHAPTER,
            source=f"{PASCANU}: factors above 1 at every step explode; own pilot: norms of 1e8 and more against 3",
            metric="first_gradient",
            better="large_clipped",
            worse="unit_clipped",
            margin=3.0,
        ),
        Claim(
            name="explosion_diverges",
            sentence="Without clipping, the network with the larger weights is lost and the other is not.",
            chapter=CHAPTER,
            source="own pilot: 6 of 6 runs not finite at the second step, against 0 of 6",
            metric="diverged",
            better="unit",
            worse="large",
            margin=RATE_MARGIN,
            higher_is_better=False,
            kind="rate",
        ),
        Claim(
            name="clipping_survives",
            sentence="Clipping the norm of the whole gradient to 1 keeps the exploding network alive.",
            chapter=REMEDY,
            source=f"{PASCANU}, algorithm 1; own pilot: 0 of 6 runs lost with clipping, 6 of 6 without",
            metric="diverged",
            better="large_clipped",
            worse="large",
            margin=RATE_MARGIN,
            higher_is_better=False,
            kind="rate",
        ),
        Claim(
            name="clipping_learns",
            sentence="Clipping lets the exploding network learn: its error falls to half of what always answering 1 has.",
            chapter=REMEDY,
            source=f"{PASCANU} report it for tanh networks; own pilot with ReLU: the error stays at the 0.167 of"
            " always answering 1",
            metric="learned",
            better="large_clipped",
            worse="large",
            margin=RATE_MARGIN,
            kind="rate",
        ),
        Claim(
            name="clipping_solves_order",
            sentence="With clipping a tanh network solves the temporal order problem in more runs than without.",
            chapter=REMEDY,
            source=f"{PASCANU}: solved in all runs with clipping and a regulariser, usually not without clipping",
            metric="solved",
            better="order_clipped",
            worse="order",
            margin=RATE_MARGIN,
            kind="rate",
        ),
    ),
)
