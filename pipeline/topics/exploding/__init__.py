"""Exploding gradients: what makes them, what does clipping save, and does the saved network learn?"""

from pipeline.verdicts.topic import Claim, Topic

CHAPTER = "5 Common problems: exploding gradient"
REMEDY = "5 Common problems: exploding gradient, gradient clipping"
PASCANU = "Pascanu, Mikolov and Bengio (2013)"
RATE_MARGIN = 0.25

TOPIC = Topic(
    title="Exploding gradients and clipping",
    titulo="Explosión del gradiente y recorte",
    question=(
        "Going back through many steps multiplies the gradient by the recurrent weights each time. How large does it"
        " get, does clipping keep training alive, and is a network that survives also one that learns?"
    ),
    pregunta=(
        "Al retroceder por muchos pasos el gradiente se multiplica cada vez por los pesos recurrentes. ¿Cómo de"
        " grande se hace, mantiene el recorte vivo el entrenamiento, y es una red que sobrevive también una que"
        " aprende?"
    ),
    probes=("first_gradient", "learned", "solved"),
    series=("gradient_norm", "gradient_norm_max"),
    claims=(
        Claim(
            name="explosion",
            sentence="Recurrent weights 1.75 times as large make the first gradient of a sequence of 100 steps at least a"
            " thousand times larger.",
            frase="Unos pesos recurrentes 1,75 veces mayores hacen el primer gradiente de una secuencia de 100 pasos"
            " al menos mil veces mayor.",
            chapter=CHAPTER,
            published=f"{PASCANU}, section 2.1: it takes a largest singular value above 1 (for ReLU)",
            pilot="log10, seeds 0 to 9: 23.2 against 0.65",
            metric="first_gradient",
            better="larger",
            worse="unit",
            margin=3.0,
            margin_because="the sentence says how large",
        ),
        Claim(
            name="explosion_diverges",
            sentence="Without clipping, the network whose recurrent weights are 1.75 times as large is lost within 50 steps"
            " and the other is not (though that has not learnt anything by then).",
            frase="Sin recorte, la red cuyos pesos recurrentes son 1,75 veces mayores se pierde en menos de 50 pasos"
            " y la otra no (aunque esta tampoco ha aprendido nada para entonces).",
            chapter=CHAPTER,
            pilot="seeds 0 to 9: 0 of 10 lost against 10 of 10",
            metric="diverged",
            better="unit",
            worse="larger",
            higher_is_better=False,
            kind="rate",
        ),
        Claim(
            name="clipping_survives",
            sentence="With weights 1.5 times as large, clipping the norm of the whole gradient to 1 keeps the exploding"
            " network alive for those 50 steps.",
            frase="Con pesos 1,5 veces mayores, recortar a 1 la norma de todo el gradiente mantiene viva durante"
            " esos 50 pasos a la red que explota.",
            chapter=REMEDY,
            pilot="seeds 0 to 2: 0 of 3 lost against 3 of 3; seeds 0 to 9, in 100 steps: 1 of 10 against 10 of 10",
            metric="diverged",
            better="large_clipped",
            worse="large",
            higher_is_better=False,
            kind="rate",
        ),
        Claim(
            name="clipping_learns",
            sentence="Clipping does not make up for a bad start: of two tanh networks with clipping, the one whose recurrent"
            " weights start orthogonal solves the temporal order problem in more runs than the one that starts from"
            " weights twice as large.",
            frase="El recorte no arregla un mal comienzo: de dos redes tanh con recorte, la que"
            " empieza con pesos recurrentes ortogonales resuelve el problema del orden temporal en más"
            " entrenamientos que la que empieza con pesos el doble de grandes.",
            chapter=REMEDY,
            pilot="seeds 0 to 9: 10 of 10 runs; from twice the weights, at a rate of 0.3 and over 30 steps, 0 of 3",
            metric="solved",
            better="order_clipped",
            worse="order_large_clipped",
            kind="rate",
        ),
        Claim(
            name="clipping_solves_order",
            sentence="With clipping, 400 plain gradient steps at a rate of 0.1 solve the temporal order problem in more"
            " runs of a tanh network than without.",
            frase="Con recorte, 400 simples pasos de gradiente con una tasa de 0,1 resuelven el problema del orden"
            " temporal en más entrenamientos de una red tanh que sin él.",
            chapter=REMEDY,
            published=f"{PASCANU}, figure 7: the longer the sequence, the more runs are solved with clipping alone",
            pilot="seeds 0 to 9: 10 of 10 runs with it; without, over 30 steps, seeds 0 to 3: 0 of 4",
            metric="solved",
            better="order_clipped",
            worse="order",
            kind="rate",
        ),
        Claim(
            name="small_steps_instead",
            sentence="Small steps do not make up for clipping: with it, 400 steps at a rate of 0.1 solve the temporal"
            " order problem in more runs than without it at the best of three rates.",
            frase="Los pasos pequeños no sustituyen al recorte: con él, 400 pasos con una tasa de 0,1 resuelven el"
            " problema del orden temporal en más entrenamientos que sin él con la mejor de tres tasas.",
            chapter=REMEDY,
            pilot="seeds 0 to 9: 10 of 10 runs against 2 of 10",
            metric="solved",
            better="order_clipped",
            worse="order_slow",
            kind="rate",
        ),
    ),
)
