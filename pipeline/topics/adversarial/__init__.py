"""Generative adversarial networks: when does log(1 - D(G(z))) saturate, and what does the other loss change?"""

from pipeline.verdicts.topic import Claim, Topic

LOSS = "4 Generative adversarial networks: the generator's loss"
NETWORKS = "4 Generative adversarial networks: generator and discriminator"
SECTION_3 = "Goodfellow et al. (2014), section 3, without a number"
RATE = 0.25  # a quarter of the runs
COVERAGE = 0.05  # a share of the real images that is found: as of a recall
QUARTER = 2.0  # modes: a quarter of the ring

TOPIC = Topic(
    title="Generative adversarial networks",
    titulo="Redes generativas adversariales",
    question=(
        "Early on the discriminator rejects all samples and log(1 - D(G(z))) has no gradient left, so the generator is"
        " to minimise -log D(G(z)) instead. How much gradient is lost, and does training go better for it?"
    ),
    pregunta=(
        "Al principio el discriminador rechaza todas las muestras y log(1 - D(G(z))) se queda sin gradiente, así"
        " que el generador debe minimizar -log D(G(z)). ¿Cuánto gradiente se pierde, y mejora con ello el"
        " entrenamiento?"
    ),
    probes=(
        "generator_gradient",
        "gradient_slope",
        "stalled",
        "modes_covered",
        "high_quality",
        "distance_from_optimum",
        "fid",
        "fid_floor",
        "fid_mean_image",
        "fid_noise",
        "density",
        "coverage",
        "class_entropy",
        "nearest_ratio",
    ),
    series=("class_share", "gradient_over_steps", "real_score", "fake_score"),
    claims=(
        Claim(
            name="saturation",
            sentence="The longer the discriminator trains alone, the more of its gradient the generator loses under"
            " log(1 - D(G(z))): with each tenfold of the steps, tenfold or more against -log D(G(z)).",
            frase="Cuanto más tiempo se entrena solo el discriminador, más gradiente pierde el generador con log(1 -"
            " D(G(z))): por cada diez veces más pasos, diez veces o más frente a -log D(G(z)).",
            chapter=LOSS,
            published=SECTION_3,
            pilot="seeds 0 to 3: 0.48 against -1.61",
            metric="gradient_slope",
            better="ahead_non_saturating",
            worse="ahead_minimax",
            margin=1.0,
            margin_because="the sentence says how large",
        ),
        Claim(
            name="discriminator_is_a_probability",
            sentence="A discriminator gives each point its probability of being real: trained against a generator at"
            " rest, it comes closer to p / (p + q), by at least 0.2 on average, than one without hidden layers, for"
            " which all of the ring is alike.",
            frase="Un discriminador da a cada punto su probabilidad de ser real: entrenado contra un generador en"
            " reposo se acerca a p / (p + q), en al menos 0,2 de media, más que uno sin capas ocultas, para el que"
            " todo el anillo es igual.",
            chapter=NETWORKS,
            published="Goodfellow et al. (2014), proposition 1: the best discriminator is p / (p + q)",
            pilot="seeds 0 to 3: 0.07 against 0.31",
            metric="distance_from_optimum",
            better="at_rest",
            worse="at_rest_linear",
            margin=0.2,  # as the sentence says; always saying one half is 0.31 away
            margin_because="the sentence says how large",
            higher_is_better=False,
        ),
        Claim(
            name="stall",
            sentence="Behind a trained discriminator, a generator trained by plain gradient steps stalls under the minimax"
            " loss and not under the non-saturating one (neither of them covers the ring in these 1,600 steps).",
            frase="Detrás de un discriminador entrenado, un generador que se entrena con simples pasos de gradiente"
            " se estanca con la pérdida minimax y no con la no saturante (ninguno de los dos cubre el anillo en"
            " estos 1600 pasos).",
            chapter=LOSS,
            published=SECTION_3,
            pilot="seeds 0 to 9: 0 of 10 runs against 9",
            metric="stalled",
            better="sgd_non_saturating",
            worse="sgd_minimax",
            higher_is_better=False,
            kind="rate",
        ),
        Claim(
            name="stall_needs_lead",
            sentence="It is the discriminator's lead that stalls the minimax loss: trained side by side from the start, the"
            " same generator does not stall (nor does it cover the ring in these 1,600 steps).",
            frase="Lo que estanca la pérdida minimax es la ventaja del discriminador: entrenado a la par desde el"
            " principio, el mismo generador no se estanca (y tampoco cubre el anillo en estos 1600 pasos).",
            chapter=LOSS,
            pilot="seeds 0 to 9: 0 of 10 runs against 9",
            metric="stalled",
            better="sgd_minimax_even",
            worse="sgd_minimax",
            higher_is_better=False,
            kind="rate",
        ),
        Claim(
            name="adam_modes",
            sentence="With Adam as well the non-saturating loss does better: the generator covers at least a quarter of"
            " the ring, two of its eight modes, more than under the minimax loss.",
            frase="También con Adam va mejor la pérdida no saturante: el generador cubre al menos un cuarto del"
            " anillo, dos de sus ocho modos, más que con la pérdida minimax.",
            chapter=LOSS,
            pilot="seeds 0 to 3: 8.0 against 8.0",
            metric="modes_covered",
            better="adam_non_saturating",
            worse="adam_minimax",
            margin=QUARTER,
            margin_because="the sentence says how large",
            expects="negligible",  # Adam divides each gradient by its own size
        ),
        Claim(
            name="kind_of_noise",
            sentence="It matters whether the noise is Gaussian or uniform: with Gaussian noise the generator covers at"
            " least a quarter of the ring, two of its eight modes, more.",
            frase="Importa que el ruido sea gaussiano o uniforme: con ruido gaussiano el generador cubre al menos un"
            " cuarto del anillo, dos de sus ocho modos, más.",
            chapter=NETWORKS,
            pilot="seeds 0 to 3: 8.0 against 6.5",
            metric="modes_covered",
            better="adam_non_saturating",
            worse="adam_uniform",
            margin=QUARTER,
            margin_because="the sentence says how large",
            expects="negligible",
        ),
        Claim(
            name="digits_loss",
            sentence="On images, with Adam, the generator finds more of the real digits (coverage) under the"
            " non-saturating loss than under the minimax loss.",
            frase="Con imágenes y Adam, el generador encuentra más de los dígitos reales (cobertura) con la pérdida"
            " no saturante que con la pérdida minimax.",
            chapter=LOSS,
            published="Lucic et al. (2018), best FID on MNIST: 6.8 against 9.8, of another network in other features",
            pilot="seeds 0 to 3: 0.36 against 0.36",
            metric="coverage",
            better="digits_non_saturating",
            worse="digits_minimax",
        ),
        Claim(
            name="digits_convolution",
            sentence="In as many steps, each at rates that suit it, convolutional networks find more of the real digits"
            " (coverage) than fully connected ones, which draw nothing yet by then.",
            frase="En los mismos pasos, cada una con las tasas que le convienen, las redes convolucionales"
            " encuentran más de los dígitos reales (cobertura) que las totalmente conectadas, que para entonces aún no"
            " dibujan nada.",
            chapter=NETWORKS,
            published="Radford et al. (2016), architecture guidelines, without this comparison",
            pilot="seeds 0 to 3: 0.36 against 0.03; in 3,000 steps a fully connected one came to 0.28, validation, seed 0",
            metric="coverage",
            better="digits_non_saturating",
            worse="digits_dense",
        ),
    ),
)
