"""Memory over long lags: what does a plain recurrent network lose, and do the gates of LSTM and GRU keep it?"""

from pipeline.verdicts.topic import Claim, Topic

TROUBLE = "3 Recurrent networks: information fades over long lags"
LSTM = "3 Recurrent networks: LSTM"
GRU = "3 Recurrent networks: GRU"
BPTT = "3 Recurrent networks: back-propagation through time"
REMEDY = "5 Common problems: vanishing gradient, LSTM"
BAI = "Bai, Kolter and Koltun (2018), table 1"
PILOT = "own pilot, 64 units, 50 steps"
RATE_MARGIN = 0.1  # one run in ten, for which all against none of seven runs is enough

TOPIC = Topic(
    title="Long dependencies: plain, LSTM and GRU",
    question=(
        "Some answers depend on what was seen many steps before. Does a plain recurrent network lose it, do gated cells"
        " with as many parameters keep it, and is it their gradient at the start that makes the difference?"
    ),
    probes=("solved", "steps_to_solution", "gradient_at_lag_20", "gradient_at_lag_20_trained"),
    series=("gradient_start", "gradient_trained"),
    claims=(
        Claim(
            name="lstm_remembers",
            sentence="An LSTM solves the adding problem in more runs than a plain network of as many parameters.",
            chapter=LSTM,
            source=f"Hochreiter and Schmidhuber (1997), table 7; {PILOT}: 3 of 3 runs against 0 of 3",
            metric="solved",
            better="lstm",
            worse="plain",
            margin=RATE_MARGIN,
            kind="rate",
        ),
        Claim(
            name="gru_remembers",
            sentence="A GRU solves the adding problem in more runs than a plain network of as many parameters.",
            chapter=GRU,
            source=f"{BAI}: loss 5.3e-5 against 0.177 at 600 steps; {PILOT}: 3 of 3 runs against 0 of 3",
            metric="solved",
            better="gru",
            worse="plain",
            margin=RATE_MARGIN,
            kind="rate",
        ),
        Claim(
            name="gru_faster",
            sentence="A GRU solves the adding problem in fewer steps than an LSTM of as many parameters.",
            chapter=GRU,
            source=f"open: Chung et al. (2014) find no clear winner; {PILOT}: 570 steps against 1,400 on average",
            metric="steps_to_solution",
            better="gru",
            worse="lstm",
            margin=50,
            higher_is_better=False,
        ),
        Claim(
            name="lstm_gradient",
            sentence="The LSTM cures the vanishing gradient: before training, at least ten times as much of it is left"
            " 20 steps back as in a plain tanh network with orthogonal weights.",
            chapter=REMEDY,
            source="the course's sentence; own pilot with 64 units: 0.0070 of the gradient is left against 0.0026",
            metric="gradient_at_lag_20",
            better="lstm",
            worse="plain",
            margin=1.0,
        ),
        Claim(
            name="gru_gradient",
            sentence="Before training, at least ten times as much of the gradient is left 20 steps back in a GRU as in"
            " a plain tanh network with orthogonal weights.",
            chapter=REMEDY,
            source="the course's sentence, of gated cells; own pilot with 64 units: 0.00002 against 0.0026",
            metric="gradient_at_lag_20",
            better="gru",
            worse="plain",
            margin=1.0,
        ),
        Claim(
            name="forget_bias_gradient",
            sentence="A forget bias of 5 leaves the LSTM at least ten times as much of its gradient 20 steps back as a"
            " bias of 1.",
            chapter=LSTM,
            source="by the formula: sigmoid(5)^20 = 0.87 against sigmoid(1)^20 = 0.002 along the cell",
            metric="gradient_at_lag_20",
            better="lstm_open",
            worse="lstm",
            margin=1.0,
        ),
        Claim(
            name="forget_bias_faster",
            sentence="With a forget bias of 5 an LSTM solves the adding problem in fewer steps than with a bias of 1.",
            chapter=LSTM,
            source="open: Jozefowicz, Zaremba and Sutskever (2015) recommend a large bias and tried 1",
            metric="steps_to_solution",
            better="lstm_open",
            worse="lstm",
            margin=50,
            higher_is_better=False,
        ),
        Claim(
            name="training_opens",
            sentence="After training, at least ten times as much of the gradient is left 20 steps back in the LSTM as in"
            " the plain network.",
            chapter=REMEDY,
            source="expected: the network that solves the task must carry the first number over more than 20 steps",
            metric="gradient_at_lag_20_trained",
            better="lstm",
            worse="plain",
            margin=1.0,
        ),
        Claim(
            name="truncation_forgets",
            sentence="Truncating back-propagation to windows of 10 steps costs a GRU the order of symbols that stand"
            " before the last window.",
            chapter=BPTT,
            source="by construction: no gradient reaches a symbol; own pilot: 100 steps to solve it, never when"
            " truncated",
            metric="solved",
            better="order_gru",
            worse="order_gru_truncated",
            margin=RATE_MARGIN,
            kind="rate",
        ),
        Claim(
            name="order_kept",
            sentence="A GRU tells the order of two distant symbols in more runs than a plain network of as many"
            " parameters.",
            chapter=TROUBLE,
            source="open: Hochreiter and Schmidhuber (1997), table 9, for the LSTM: 1 of 2,560 wrong; own pilot: both"
            " solve it in 100 steps",
            metric="solved",
            better="order_gru",
            worse="order_plain",
            margin=RATE_MARGIN,
            kind="rate",
        ),
        Claim(
            name="copy_kept",
            sentence="A GRU copies symbols over a lag with a higher accuracy than a plain network of as many parameters.",
            chapter=TROUBLE,
            source=f"open: {BAI}, at a lag of 1000 neither learns it: loss 0.0197 and 0.0202; own pilot at a lag of"
            " 10: 0.97 against 1.00",
            metric="accuracy",
            better="copy_gru",
            worse="copy_plain",
            margin=0.1,
        ),
    ),
)
