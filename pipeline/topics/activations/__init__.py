"""Activation functions and depth: does the sigmoid make gradients vanish, and does ReLU cure it?"""

from pipeline.verdicts.topic import Claim, Line, Sweep, Topic

ACTIVATION = "1 Neuron, activation functions, network: activation functions"
VANISHING = "5 Common problems: vanishing gradient"
EXPLODING = "5 Common problems: exploding gradient"
REMEDY = "5 Common problems: vanishing gradient, remedies"
ACCURACY_MARGIN = 0.01
GRADIENT_MARGIN = 1.0  # of a log10: ten times as large
SIGMOID, RELU = ({depth: f"{name}_{depth}" for depth in (2, 5, 10, 20)} for name in ("sigmoid", "relu"))

TOPIC = Topic(
    title="Activation functions and the vanishing gradient",
    titulo="Funciones de activación y desvanecimiento del gradiente",
    question=(
        "The sigmoid's derivative is at most 1/4, and going back through a network multiplies one such factor a layer."
        " How much of the gradient is left in the first layer, what does that do to learning, and is ReLU the cure?"
    ),
    pregunta=(
        "La derivada de la sigmoide vale como mucho 1/4, y al recorrer una red hacia atrás se multiplica uno de"
        " esos factores por capa. ¿Cuánto gradiente queda en la primera capa, qué efecto tiene eso en el"
        " aprendizaje, y es ReLU el remedio?"
    ),
    probes=("backward_ratio", "backward_factor", "steps_to_quarter"),
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
                Line(words="sigmoid", metric="backward_ratio", variants=SIGMOID),
                Line(words="ReLU", metric="backward_ratio", variants=RELU),
            ),
        ),
    ),
    series=("gradient_start", "gradient_trained"),
    claims=(
        Claim(
            name="vanishing_gradient",
            sentence="Going back through ten sigmoid layers, a thousand times less of the gradient is left in the first"
            " one than with ReLU and He's starting weights, or less still.",
            frase="Al retroceder por diez capas sigmoides queda en la primera mil veces menos gradiente que con ReLU"
            " y los pesos iniciales de He, o todavía menos.",
            chapter=VANISHING,
            published="Glorot and Bengio (2010), figure 7, for tanh: from the usual start gradients shrink from layer"
            " to layer",
            pilot="log10 over nine layers, by the formula 0 against at most -5.4; seeds 0 to 2: -0.02 against -5.65",
            metric="backward_ratio",
            better="relu_10",
            worse="sigmoid_10",
            margin=3.0,
            margin_because="the sentence says how large",
        ),
        Claim(
            name="deeper_vanishes_more",
            sentence="Ten more sigmoid layers make the gradient at least another thousand times smaller.",
            frase="Diez capas sigmoides más hacen el gradiente al menos otras mil veces menor.",
            chapter=VANISHING,
            pilot="log10, by the formula at most -6.0 for ten layers; seeds 0 to 2: -5.65 against -11.88",
            metric="backward_ratio",
            better="sigmoid_10",
            worse="sigmoid_20",
            margin=3.0,
            margin_because="the sentence says how large",
        ),
        Claim(
            name="factor_a_layer",
            sentence="From the same starting weights, Glorot's, a ReLU layer passes on a share of the gradient that is"
            " larger by 0.25 than a sigmoid layer's, or by more.",
            frase="Con los mismos pesos iniciales, los de Glorot, una capa ReLU deja pasar una parte del gradiente"
            " que es 0,25 mayor que la de una capa sigmoide, o más.",
            chapter=VANISHING,
            pilot="by the formula sqrt(1/2) against at most 1/4; seeds 0 to 2: 0.71 against 0.24",
            metric="backward_factor",
            better="relu_20_glorot",
            worse="sigmoid_20",
            margin=0.25,
            margin_because="the sentence says how large",
        ),
        Claim(
            name="start_keeps_gradient",
            sentence="ReLU alone does not keep the gradient alive: over twenty layers at least ten times less of it is"
            " left from Glorot's starting weights than from He's.",
            frase="ReLU por sí sola no mantiene vivo el gradiente: a lo largo de veinte capas queda al menos diez"
            " veces menos con los pesos iniciales de Glorot que con los de He.",
            chapter=REMEDY,
            published="He et al. (2015), section 2.2: with a variance of 2/n a ReLU layer keeps the gradient, with 1/n"
            " it loses half of its square",
            pilot="log10 over 19 layers, by the formula 0 against -2.86; seeds 0 to 2: 0.07 against -2.88",
            metric="backward_ratio",
            better="relu_20",
            worse="relu_20_glorot",
        ),
        Claim(
            name="depth_explodes",
            sentence="With He's starting weights doubled, every single one still below 1 in size, the gradient explodes:"
            " over twenty ReLU layers it grows a thousand times more than with He's, or by more still.",
            frase="Con los pesos iniciales de He duplicados, y aun así todos menores que 1 en tamaño, el gradiente"
            " explota: a lo largo de veinte capas ReLU crece mil veces más que con los de He, o todavía más.",
            chapter=EXPLODING,
            pilot="log10 over 19 layers, by the formula 5.72 against 0; seeds 0 to 2: 5.81 against 0.07",
            metric="backward_ratio",
            better="relu_20_double",
            worse="relu_20",
            margin=3.0,
            margin_because="the sentence says how large",
        ),
        Claim(
            name="sigmoid_explodes",
            sentence="Large enough weights make sigmoid layers explode too: over twenty layers, from weights 20 times"
            " Glorot's, the gradient grows at least ten times more than with ReLU and He's.",
            frase="Con pesos lo bastante grandes explotan también las capas sigmoides: a lo largo de veinte capas,"
            " con pesos 20 veces los de Glorot, el gradiente crece al menos diez veces más que con ReLU y He.",
            chapter=EXPLODING,
            pilot="log10 over 19 layers, seeds 0 to 2: 2.69 against 0.07",
            metric="backward_ratio",
            better="sigmoid_20_large",
            worse="relu_20",
        ),
        Claim(
            name="relu_learns",
            sentence="In 300 steps ten ReLU layers learn to read at least half of all digits more than ten sigmoid"
            " layers, which learn nothing.",
            frase="En 300 pasos, diez capas ReLU aprenden a leer al menos la mitad de todos los dígitos más que diez"
            " capas sigmoides, que no aprenden nada.",
            chapter=REMEDY,
            pilot="seeds 0 to 2: 0.901 against 0.100",
            metric="accuracy",
            better="relu_10",
            worse="sigmoid_10",
            margin=0.5,
            margin_because="the sentence says how large",
        ),
        Claim(
            name="five_layers",
            sentence="Five sigmoid layers still learn, but after 300 steps, each at the best of three rates, they read"
            " digits worse than five ReLU layers.",
            frase="Cinco capas sigmoides todavía aprenden, pero tras 300 pasos, cada red con la mejor de tres tasas"
            " de aprendizaje, leen los dígitos peor que cinco capas ReLU.",
            chapter=VANISHING,
            published="Glorot and Bengio (2010), table 1, MNIST: error 2.21 % with sigmoid, 1.76 % with tanh (no ReLU)",
            pilot="seeds 0 to 2: 0.915 against 0.874",
            metric="accuracy",
            better="relu_5",
            worse="sigmoid_5",
        ),
        Claim(
            name="shallow_sigmoid",
            sentence="With two hidden layers it is no different: each at the best of three rates, ReLU reads digits"
            " better than the sigmoid.",
            frase="Con dos capas ocultas no es distinto: cada red con la mejor de tres tasas de aprendizaje, ReLU"
            " lee los dígitos mejor que la sigmoide.",
            chapter=ACTIVATION,
            pilot="seeds 0 to 2: 0.917 against 0.919",
            metric="accuracy",
            better="relu_2",
            worse="sigmoid_2",
            expects="negligible",
        ),
        Claim(
            name="relu_faster",
            sentence="At ten layers, each at the best of three rates, ReLU reaches a training error of 25 % in fewer"
            " steps than tanh.",
            frase="Con diez capas, cada red con la mejor de tres tasas de aprendizaje, ReLU alcanza un error de"
            " entrenamiento del 25 % en menos pasos que tanh.",
            chapter=ACTIVATION,
            published="Krizhevsky et al. (2012), figure 1: six times faster, on a convolutional network and CIFAR-10",
            pilot="seeds 0 to 2: 39 against 22 steps, the other way round",
            metric="steps_to_quarter",
            better="relu_10_early",
            worse="tanh_10_early",
            kind="ratio",
            higher_is_better=False,
            expects="contradicted",
        ),
        Claim(
            name="tanh_cures_it_too",
            sentence="The cure is ReLU, not any activation centred on 0: at ten layers, each at the best of three rates,"
            " tanh, too, reads at least five points fewer digits than ReLU.",
            frase="El remedio es ReLU, no cualquier activación centrada en 0: con diez capas, cada red con la mejor"
            " de tres tasas de aprendizaje, también tanh lee al menos cinco puntos menos de dígitos que ReLU.",
            chapter=REMEDY,
            pilot="seeds 0 to 2: 0.901 against 0.883",
            metric="accuracy",
            better="relu_10",
            worse="tanh_10",
            margin=0.05,
            margin_because="the sentence says how large",
            expects="negligible",
        ),
        Claim(
            name="matching_start",
            sentence="Twenty ReLU layers, each at the best of three rates, learn better in 300 steps from He's starting"
            " weights, made for ReLU, than from Glorot's.",
            frase="Veinte capas ReLU, cada red con la mejor de tres tasas de aprendizaje, aprenden más en 300 pasos"
            " con los pesos iniciales de He, hechos para ReLU, que con los de Glorot.",
            chapter=REMEDY,
            published="He et al. (2015), section 2.2: of 30 layers, on images, the one start trains and the other"
            " stalls",
            pilot="seeds 0 to 2: 0.874 against 0.817",
            metric="accuracy",
            better="relu_20",
            worse="relu_20_glorot",
        ),
    ),
)
