"""Memory over long lags: what does a plain recurrent network lose, and do the gates of LSTM and GRU keep it?"""

import math

from pipeline.verdicts.topic import Claim, Topic

FORMS = "3 Recurrent networks: recurrence over time"
TROUBLE = "3 Recurrent networks: information fades over long lags"
LSTM = "3 Recurrent networks: LSTM"
GRU = "3 Recurrent networks: GRU"
BPTT = "3 Recurrent networks: back-propagation through time"
REMEDY = "5 Common problems: vanishing gradient, LSTM"
ACCURACY_MARGIN = 0.01
GRADIENT_MARGIN = 1.0  # of a log10: ten times as large
TWICE, FIVEFOLD = math.log10(2), math.log10(5)  # of a log10
HALF = math.log(2)  # of a ratio: half as many steps

TOPIC = Topic(
    title="Long dependencies: plain, LSTM and GRU",
    titulo="Dependencias largas: red simple, LSTM y GRU",
    question=(
        "Some answers depend on what was seen many steps before. Does a plain recurrent network lose it, do gated cells"
        " with as many parameters keep it, and is it their gradient at the start that makes the difference?"
    ),
    pregunta=(
        "Algunas respuestas dependen de lo que se vio muchos pasos antes. ¿Lo pierde una red recurrente simple, lo"
        " conservan las celdas con puertas y el mismo número de parámetros, y es su gradiente al principio lo que"
        " marca la diferencia?"
    ),
    probes=(
        "solved",
        "steps_to_solution",
        "sums_right",
        "accuracy_at_40",
        "gradient_at_lag_20",
        "gradient_at_lag_20_trained",
        "gradient_over_sequence",
    ),
    series=("gradient_start", "gradient_trained"),
    claims=(
        Claim(
            name="lstm_remembers",
            sentence="After 240 steps an LSTM adds two numbers of a sequence right (to 0.04) more often than a plain"
            " network of as many parameters.",
            frase="Tras 240 pasos, una LSTM suma bien dos números de una secuencia (con error de hasta 0,04) con más"
            " frecuencia que una red simple con los mismos parámetros.",
            chapter=LSTM,
            published="Hochreiter and Schmidhuber (1997), table 7, for the LSTM alone: 1 of 2,560 wrong at 100 steps",
            pilot="seeds 0 to 2: 0.374 against 0.089 (always answering 1: 0.078)",
            metric="sums_right",
            better="lstm",
            worse="plain",
        ),
        Claim(
            name="gru_remembers",
            sentence="After 240 steps a GRU adds two numbers of a sequence right (to 0.04) more often than a plain"
            " network of as many parameters.",
            frase="Tras 240 pasos, una GRU suma bien dos números de una secuencia (con error de hasta 0,04) con más"
            " frecuencia que una red simple con los mismos parámetros.",
            chapter=GRU,
            published="Bai, Kolter and Koltun (2018), table 1, 600 steps: squared error 5.3e-5 with a GRU, 0.177 with"
            " a plain network (and 0.164 with an LSTM)",
            pilot="seeds 0 to 2: 0.760 against 0.089",
            metric="sums_right",
            better="gru",
            worse="plain",
        ),
        Claim(
            name="gru_faster",
            sentence="A GRU solves the adding problem in fewer steps than an LSTM of as many parameters, each at the"
            " better of two rates.",
            frase="Una GRU resuelve el problema de la suma en menos pasos que una LSTM con los mismos parámetros,"
            " cada una con la mejor de dos tasas.",
            chapter=GRU,
            published="Chung et al. (2014), conclusion: no telling which of the two is better",
            pilot="seeds 0 to 2: 100 against 210 steps",
            metric="steps_to_solution",
            better="gru",
            worse="lstm",
            kind="ratio",
            higher_is_better=False,
        ),
        Claim(
            name="lstm_gradient",
            sentence="The LSTM cures the vanishing gradient: before training, at least twice as much of it is left 20"
            " steps back as in a plain tanh network with orthogonal weights.",
            frase="La LSTM cura el desvanecimiento del gradiente: antes de entrenar queda, 20 pasos atrás, al menos"
            " el doble que en una red tanh simple con pesos ortogonales.",
            chapter=REMEDY,
            pilot="log10, seeds 0 to 2: -1.72 against -0.60",
            metric="gradient_at_lag_20",
            better="lstm",
            worse="plain",
            margin=TWICE,
            margin_because="the sentence says how large",
            expects="contradicted",
        ),
        Claim(
            name="gru_gradient",
            sentence="Before training, at least ten times as much of the gradient is left 20 steps back in a GRU as in"
            " a plain tanh network with orthogonal weights.",
            frase="Antes de entrenar queda, 20 pasos atrás, al menos diez veces más gradiente en una GRU que en una"
            " red tanh simple con pesos ortogonales.",
            chapter=REMEDY,
            pilot="log10, seeds 0 to 2: -4.28 against -0.60",
            metric="gradient_at_lag_20",
            better="gru",
            worse="plain",
            expects="contradicted",
        ),
        Claim(
            name="sigmoid_state",
            sentence="With the sigmoid in the place of tanh, a plain network has a thousand times less of the gradient"
            " left 20 steps back, or less still.",
            frase="Con la sigmoide en lugar de tanh, a una red simple le queda, 20 pasos atrás, mil veces menos"
            " gradiente, o todavía menos.",
            chapter=BPTT,
            pilot="log10, seeds 0 to 2: -0.60 against -12.59",
            metric="gradient_at_lag_20",
            better="plain",
            worse="plain_sigmoid",
            margin=3.0,
            margin_because="the sentence says how large",
        ),
        Claim(
            name="longer_vanishes_more",
            sentence="The longer the sequence, the more of its first step's gradient vanishes: over 80 steps at least"
            " ten times less of it is left in a plain network than over 10.",
            frase="Cuanto más larga la secuencia, más se desvanece el gradiente de su primer paso: a lo largo de 80"
            " pasos queda en una red simple al menos diez veces menos que a lo largo de 10.",
            chapter=BPTT,
            published="Bengio, Simard and Frasconi (1994): gradients vanish exponentially in the lag",
            pilot="log10, seeds 0 to 2: -0.48 against -4.31",
            metric="gradient_over_sequence",
            better="first_10",
            worse="first_80",
        ),
        Claim(
            name="information_fades",
            sentence="After 160 steps of training a plain network names a symbol seen 10 steps before more often than"
            " one seen 80 steps before, which it guesses.",
            frase="Tras 160 pasos de entrenamiento, una red simple nombra un símbolo visto 10 pasos antes con más"
            " frecuencia que uno visto 80 pasos antes, que solo adivina.",
            chapter=TROUBLE,
            pilot="seeds 0 to 2: 1.000 against 0.257 (guessing: 0.25)",
            metric="accuracy",
            better="first_10",
            worse="first_80",
        ),
        Claim(
            name="gates_remember",
            sentence="An LSTM whose forget gate starts open (a bias of 5) remembers the key fact: trained for as many"
            " steps, it names a symbol seen 80 steps before more often than a plain network of as many parameters.",
            frase="Una LSTM cuya puerta de olvido empieza abierta (un sesgo de 5) recuerda la información clave:"
            " entrenada los mismos pasos, nombra un símbolo visto 80 pasos antes con más frecuencia que una red"
            " simple con los mismos parámetros.",
            chapter=LSTM,
            pilot="seeds 0 to 2: 0.919 against 0.257",
            metric="accuracy",
            better="first_80_lstm",
            worse="first_80",
        ),
        Claim(
            name="forget_bias_gradient",
            sentence="A forget bias of 5 leaves the LSTM at least ten times as much of its gradient 20 steps back as a"
            " bias of 1.",
            frase="Un sesgo de olvido de 5 deja a la LSTM, 20 pasos atrás, al menos diez veces más de su gradiente"
            " que un sesgo de 1.",
            chapter=LSTM,
            pilot="by the formula sigmoid(5)^20 = 0.87 against sigmoid(1)^20 = 0.002 along the cell; log10, seeds"
            " 0 to 2: -0.02 against -1.72",
            metric="gradient_at_lag_20",
            better="lstm_open",
            worse="lstm",
        ),
        Claim(
            name="forget_bias_faster",
            sentence="With a forget bias of 5, from which many times as much of the gradient is left, an LSTM solves the"
            " adding problem in half the steps that it takes with a bias of 1, or fewer, each at the better of two rates.",
            frase="Con un sesgo de olvido de 5, con el que queda muchas veces más gradiente, una LSTM resuelve el"
            " problema de la suma en la mitad de los pasos que necesita con un sesgo de 1, o en menos, cada una con"
            " la mejor de dos tasas.",
            chapter=LSTM,
            published="Jozefowicz, Zaremba and Sutskever (2015): a bias of 1 closes the gap to the GRU; larger ones"
            " are not told",
            pilot="seeds 0 to 2: 247 against 210 steps",
            metric="steps_to_solution",
            better="lstm_open",
            worse="lstm",
            margin=HALF,
            margin_because="the sentence says how large",
            kind="ratio",
            higher_is_better=False,
            expects="negligible",
        ),
        Claim(
            name="training_opens",
            sentence="It is training that opens the LSTM: after 240 steps at least five times as much of the gradient is"
            " left 20 steps back as after one.",
            frase="Lo que abre la LSTM es el entrenamiento: tras 240 pasos queda, 20 pasos atrás, al menos cinco"
            " veces más gradiente que tras uno.",
            chapter=REMEDY,
            pilot="log10, seeds 0 to 9: -0.16 against -1.50",
            metric="gradient_at_lag_20_trained",
            better="lstm",
            worse="lstm_start",
            margin=FIVEFOLD,
            margin_because="the sentence says how large",
        ),
        Claim(
            name="truncation_forgets",
            sentence="Truncating back-propagation to windows of 7 steps costs a GRU the order of symbols that stand"
            " before the last window.",
            frase="Truncar la retropropagación a ventanas de 7 pasos le cuesta a una GRU el orden de los símbolos"
            " que están antes de la última ventana.",
            chapter=BPTT,
            pilot="by construction no gradient reaches a symbol; seeds 0 to 2: 1.000 against 0.641",
            metric="accuracy",
            better="order_gru",
            worse="order_gru_truncated",
        ),
        Claim(
            name="order_matters",
            sentence="The order of the steps matters: a GRU that reads the steps of each sequence shuffled tells the"
            " order of its two symbols less often.",
            frase="El orden de los pasos importa: una GRU que lee desordenados los pasos de cada secuencia dice bien"
            " el orden de sus dos símbolos con menos frecuencia.",
            chapter=FORMS,
            pilot="by counting symbols alone 0.75 can be had; seeds 0 to 2: 1.000 against 0.751",
            metric="accuracy",
            better="order_gru",
            worse="order_gru_shuffled",
        ),
        Claim(
            name="any_length",
            sentence="A context of any length takes training at that length: asked at 40 steps, a GRU that was trained"
            " on 40 tells the order of two symbols more often than one that was trained on 20.",
            frase="Un contexto de cualquier longitud exige entrenar con esa longitud: preguntada con 40 pasos, una"
            " GRU entrenada con 40 dice bien el orden de dos símbolos con más frecuencia que una entrenada con 20.",
            chapter=FORMS,
            published="Pascanu, Mikolov and Bengio (2013), section 4.1.1: trained on 50 to 200 steps, none of 10,000"
            " sequences wrong at any length up to 5,000",
            pilot="seeds 0 to 2: 1.000 against 0.352 (guessing: 0.25)",
            metric="accuracy_at_40",
            better="order_40_gru",
            worse="order_gru",
            expects="negligible",
        ),
        Claim(
            name="order_kept",
            sentence="In sequences of 40 steps a GRU learns to tell the order of two distant symbols in half the steps"
            " that a plain network of as many parameters takes, or fewer, each at the better of two rates.",
            frase="En secuencias de 40 pasos, una GRU aprende a decir el orden de dos símbolos alejados en la mitad"
            " de los pasos que necesita una red simple con los mismos parámetros, o en menos, cada una con la mejor"
            " de dos tasas.",
            chapter=TROUBLE,
            published="Hochreiter and Schmidhuber (1997), table 9, for the LSTM alone: 1 of 2,560 wrong at 100 to 110"
            " steps",
            pilot="seeds 0 to 2: 120 steps (on new sequences) against 120",
            metric="steps_to_solution",
            better="order_40_gru",
            worse="order_40_plain",
            margin=HALF,
            margin_because="the sentence says how large",
            kind="ratio",
            higher_is_better=False,
            expects="negligible",
        ),
        Claim(
            name="copy_kept",
            sentence="After as many steps, a GRU copies eight symbols with a higher accuracy than a plain network of as"
            " many parameters.",
            frase="Tras los mismos pasos, una GRU copia ocho símbolos con mayor exactitud que una red simple con los"
            " mismos parámetros.",
            chapter=TROUBLE,
            published="Bai, Kolter and Koltun (2018), table 1, at a lag of 1,000 neither learns it: loss 0.0197 and"
            " 0.0202",
            pilot="seeds 0 to 2: 0.609 against 1.000 (guessing: 0.25)",
            metric="accuracy",
            better="copy_gru",
            worse="copy_plain",
            expects="contradicted",
        ),
        Claim(
            name="capacity_units",
            sentence="Of eight symbols, 64 plain units give back more than 16 after 180 steps of training, each at a rate"
            " that suits it: a larger state sooner holds what it is given.",
            frase="De ocho símbolos, 64 unidades simples devuelven más que 16 tras 180 pasos de entrenamiento, cada red"
            " con una tasa que le conviene: un estado mayor retiene antes lo que se le da.",
            chapter=TROUBLE,
            pilot="seeds 0 to 2: 1.000 against 0.959",
            metric="accuracy",
            better="copy_plain",
            worse="copy_plain_16",
        ),
        Claim(
            name="capacity_symbols",
            sentence="After 180 steps of training the same 16 plain units give back a larger share of four symbols than"
            " of eight: more takes longer to be held.",
            frase="Tras 180 pasos de entrenamiento las mismas 16 unidades simples devuelven una parte mayor de cuatro"
            " símbolos que de ocho: retener más lleva más tiempo.",
            chapter=TROUBLE,
            pilot="seeds 0 to 2: 1.000 against 0.959",
            metric="accuracy",
            better="copy_4_plain_16",
            worse="copy_plain_16",
        ),
    ),
)
