"""The course's long tail: what can be done when most categories have a single image?"""

from pipeline.verdicts.topic import Claim, Topic

CHAPTER = "5 Common problems: imbalance"
AUGMENTATION = "5 Common problems: overfitting, data augmentation"

TOPIC = Topic(
    title="The long tail",
    titulo="La cola larga",
    question=(
        "Of 4,251 training images more than 2,000 are alone in their category (characters as drawn by different"
        " typefaces; the larger profiles take all, the laptop's a part of the same shape). A copy of a single image"
        " tells nothing new, and SMOTE has nothing to combine it with: what does help?"
    ),
    pregunta=(
        "De 4251 imágenes de entrenamiento, más de 2000 están solas en su categoría (caracteres dibujados con"
        " distintas tipografías; los perfiles grandes las toman todas, el del portátil una parte de la misma forma)."
        " La copia de una imagen única no dice nada nuevo, y SMOTE no tiene con qué combinarla: ¿qué ayuda entonces?"
    ),
    probes=("top_5", "singleton_recall", "repeated_recall", "neighbour_accuracy"),
    series=("recall_by_images",),
    claims=(
        Claim(
            name="copies_of_one",
            sentence="Copying the images of small categories makes the network recognise categories that have a single"
            " training image more often.",
            frase="Copiar las imágenes de las categorías pequeñas hace que la red reconozca con más frecuencia las"
            " categorías que tienen una única imagen de entrenamiento.",
            chapter=CHAPTER,
            pilot="seeds 0 to 5: 56.7 % against 55.2 %",
            metric="singleton_recall",
            better="over",
            worse="untouched",
            expects="negligible",
        ),
        Claim(
            name="smote_of_one",
            sentence="SMOTE does more than copies for categories with a single image.",
            frase="SMOTE hace más que las copias por las categorías con una única imagen.",
            chapter=CHAPTER,
            published="Chawla et al. (2002), section 4.2: a new example lies between two of its class, so one alone"
            " gives none",
            pilot="seeds 0 to 5: 55.8 % against 56.7 %",
            metric="singleton_recall",
            better="smote",
            worse="over",
            expects="negligible",
        ),
        Claim(
            name="augmented_single_images",
            sentence="Moving, turning and zooming the images anew in each step makes the network recognise categories"
            " with a single training image more often.",
            frase="Mover, girar y ampliar las imágenes de nuevo en cada paso hace que la red reconozca con más"
            " frecuencia las categorías con una única imagen de entrenamiento.",
            chapter=AUGMENTATION,
            pilot="seeds 0 to 5: 67.0 % against 55.2 %",
            metric="singleton_recall",
            better="augmented",
            worse="untouched",
        ),
        Claim(
            name="augmentation_over_copies",
            sentence="On the whole tail, augmentation is worth more than copies.",
            frase="En toda la cola, el aumento de datos vale más que las copias.",
            chapter=AUGMENTATION,
            pilot="seeds 0 to 5, accuracy: 72.8 % against 63.6 %",
            metric="accuracy",
            better="augmented",
            worse="over",
        ),
        Claim(
            name="copies_beside_augmentation",
            sentence="Where images are augmented, copying those of small categories helps as well.",
            frase="Donde hay aumento de datos, copiar las imágenes de las categorías pequeñas ayuda además.",
            chapter=AUGMENTATION,
            pilot="seeds 0 to 5, accuracy: 67.2 % against 72.8 %",
            metric="accuracy",
            better="both",
            worse="augmented",
            expects="contradicted",
        ),
        Claim(
            name="five_guesses",
            sentence="Given five guesses, the network trained with augmentation names the right category more often.",
            frase="Si puede dar cinco respuestas, la red entrenada con aumento de datos nombra la categoría correcta"
            " con más frecuencia.",
            chapter=AUGMENTATION,
            pilot="seeds 0 to 5: 91.2 % against 81.8 %",
            metric="top_5",
            better="augmented",
            worse="untouched",
        ),
    ),
)
