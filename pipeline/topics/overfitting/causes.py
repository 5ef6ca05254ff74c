"""What is claimed of the causes of overfitting: too little data, too many columns and parameters, noise."""

from pipeline.verdicts.topic import Claim

CHAPTER = "5 Common problems: overfitting, causes"

CAUSES = (
    Claim(
        name="too_little_data",
        sentence="With 300 training images the gap between cross-entropy on new images and on training images is"
        " wider than with 2,500, after as many steps.",
        frase="Con 300 imágenes de entrenamiento, la brecha entre la entropía cruzada en imágenes nuevas y en las de"
        " entrenamiento es más ancha que con 2500, tras los mismos pasos.",
        chapter=CHAPTER,
        pilot="seeds 0 to 5: 0.22 nats against 0.62 nats",
        metric="gap",
        better="n_2500",
        worse="n_300",
        higher_is_better=False,
    ),
    Claim(
        name="more_data_more_right",
        sentence="Ten times the training images, 1,000 for 100, make the network right more often.",
        frase="Diez veces más imágenes de entrenamiento, 1000 en vez de 100, hacen que la red acierte más.",
        chapter=CHAPTER,
        pilot="seeds 0 to 5: 89.8 % against 74.8 %",
        metric="accuracy",
        better="n_1000",
        worse="n_100",
    ),
    Claim(
        name="too_many_parameters",
        sentence="A network an eighth as wide reads new images better, for it has fewer parameters to overfit with.",
        frase="Una red de un octavo de la anchura lee mejor las imágenes nuevas, porque tiene menos parámetros con"
        " los que caer en el sobreajuste.",
        chapter=CHAPTER,
        pilot="seeds 0 to 5: 81.1 % against 84.1 %",
        metric="accuracy",
        better="narrow",
        worse="n_300",
        expects="contradicted",
    ),
    Claim(
        name="too_many_features",
        sentence="A network that learns 100 examples by heart is right more often on new ones if 500 columns of noise are"
        " left out beside the 8 that tell.",
        frase="Una red que aprende 100 ejemplos de memoria acierta más con los nuevos si se quitan 500 columnas de"
        " ruido que acompañan a las 8 que informan.",
        chapter=CHAPTER,
        published="Ng (2004), abstract: networks trained by back-propagation need examples at least in proportion to the"
        " irrelevant features, no figure",
        pilot="seeds 0 to 5: 92.5 % against 66.2 %",
        metric="accuracy",
        better="columns_8",
        worse="columns_508",
    ),
    Claim(
        name="noise_is_learnt_by_heart",
        sentence="Random labels are learnt by heart as well, but take more steps than true ones.",
        frase="También las etiquetas al azar se aprenden de memoria, pero cuestan más pasos que las verdaderas.",
        chapter=CHAPTER,
        published="Zhang et al. (2017), section 1: a small constant factor more; table 1: 100 % on training data either"
        " way",
        pilot="seeds 0 to 5: 82 against 327",
        metric="steps_to_fit",
        better="true_labels",
        worse="random_labels",
        kind="ratio",
        higher_is_better=False,
    ),
    Claim(
        name="nothing_but_by_heart",
        sentence="Who has learnt random labels is right on new images less often, by 50 points, than who has learnt true"
        " ones.",
        frase="Quien ha aprendido etiquetas al azar acierta con imágenes nuevas 50 puntos menos que quien ha"
        " aprendido las verdaderas.",
        chapter=CHAPTER,
        published="Zhang et al. (2017), table 1, CIFAR-10, Inception without augmentation or weight decay: 85.75 % and"
        " 9.78 %",
        pilot="seeds 0 to 5: 90.3 % against 9.7 %",
        metric="accuracy",
        better="true_labels",
        worse="random_labels",
        margin=0.5,
        margin_because="the sentence says how large",
    ),
    Claim(
        name="noise_in_labels",
        sentence="Where 40 % of the training labels are drawn at random, the network is right on new images less often"
        " than with true labels.",
        frase="Cuando el 40 % de las etiquetas de entrenamiento se sortean al azar, la red acierta menos con"
        " imágenes nuevas que con las etiquetas verdaderas.",
        chapter=CHAPTER,
        published="Zhang et al. (2017), figure 1c: test error grows steadily with the share of corrupted labels",
        pilot="seeds 0 to 5: 90.3 % against 64.2 %",
        metric="accuracy",
        better="true_labels",
        worse="drawn_40",
    ),
)
