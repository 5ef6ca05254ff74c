"""Overfitting: how it grows with too little data, and which remedy helps against it."""

from pipeline.topics.overfitting.causes import CAUSES
from pipeline.topics.overfitting.remedies import REMEDIES
from pipeline.verdicts.topic import Line, Sweep, Topic

SIZES = {100: "n_100", 300: "n_300", 1000: "n_1000", 2500: "n_2500"}
COLUMNS = {8: "columns_8", 58: "columns_58", 508: "columns_508"}
DRAWN = {0: "true_labels", 40: "drawn_40", 100: "random_labels"}

TOPIC = Topic(
    title="Overfitting",
    titulo="Sobreajuste",
    question=(
        "A network that is good on its training data can be bad on new data. How does that depend on the number of"
        " training images, on the columns of its input, on the network's size and on the labels, and do augmentation and"
        " regularisation help?"
    ),
    pregunta=(
        "Una red que va bien con sus datos de entrenamiento puede ir mal con datos nuevos. ¿Cómo depende eso del"
        " número de imágenes de entrenamiento, de las columnas de la entrada, del tamaño de la red y de las"
        " etiquetas, y ayudan el aumento de datos y la regularización?"
    ),
    probes=("onset", "accuracy_gap", "steps_to_fit"),
    sweeps=(
        Sweep(
            x="training images",
            y="accuracy",
            lines=(
                Line(words="seen images", metric="train_accuracy", variants=SIZES),
                Line(words="new images", metric="accuracy", variants=SIZES),
            ),
        ),
        Sweep(
            x="training images",
            y="gap in cross-entropy (nats)",
            lines=(Line(words="after the last epoch", metric="gap", variants=SIZES),),
        ),
        Sweep(
            x="input columns, 8 of them not noise",
            y="accuracy",
            lines=(
                Line(words="seen examples", metric="train_accuracy", variants=COLUMNS),
                Line(words="new examples", metric="accuracy", variants=COLUMNS),
            ),
        ),
        Sweep(
            x="labels drawn at random (%)",
            y="accuracy",
            lines=(
                Line(words="seen labels", metric="train_accuracy", variants=DRAWN),
                Line(words="new images", metric="accuracy", variants=DRAWN),
            ),
        ),
    ),
    claims=(*CAUSES, *REMEDIES),
)
