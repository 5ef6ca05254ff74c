"""Recurrent networks: which of the five forms of input and output does each recurrent cell serve?"""

import math

from pipeline.verdicts.topic import Claim, Topic

FORMS = "3 Recurrent networks: five forms"
CHUNG = (
    "Chung et al. (2014), table 2: gated units clearly ahead on two sets of speech, by little or not at all on four of"
    " music; LSTM against GRU inconclusive"
)
FIVE_POINTS = 0.05
ACCURACY, NATS, F1 = 0.01, 0.05, 0.05  # a point; a twentieth of a nat; as of a recall, which it is made of

TOPIC = Topic(
    title="The five forms of recurrent networks",
    titulo="Las cinco formas de red recurrente",
    question=(
        "One input or many, one answer or many, in step or not: do gated cells lead in every form, at equal parameters,"
        " and what does a decoder that was always told the truth do without it?"
    ),
    pregunta=(
        "Una entrada o muchas, una respuesta o muchas, sincronizadas o no: ¿van por delante en todas las formas"
        " las celdas con puertas, con los mismos parámetros, y qué hace sin ayuda un decodificador al que siempre se"
        " le dijo la verdad?"
    ),
    probes=(
        "free_accuracy",
        "free_exact_match",
        "teacher_forcing_gap",
        "wrong_language_cross_entropy",
        "letter_frequency_cross_entropy",
        "marks_found",
        "marks_f1",
        "never_marking_exact_match",
        "steps_to_reverse",
    ),
    claims=(
        Claim(
            name="one_to_one",
            sentence="One to one: a digit that is there as a whole needs no recurrence, and yet a GRU that reads it row"
            " by row recognises at least five points more digits than a fully connected network of as many parameters.",
            frase="Uno a uno: un dígito que está ahí entero no necesita recurrencia, y aun así una GRU que lo lee"
            " fila a fila reconoce al menos cinco puntos más de dígitos que una red totalmente conectada con los"
            " mismos parámetros.",
            chapter=f"{FORMS}, one to one",
            published="list of results in the README of Fashion-MNIST: 88.8 % with a GRU and an SVM, 88.3 % with a fully"
            " connected network",
            pilot="seeds 0 to 9: 85.4 % against 85.8 %",
            metric="accuracy",
            better="digits_rows",
            worse="digits_dense",
            margin=FIVE_POINTS,
            margin_because="the sentence says how large",
            expects="negligible",
        ),
        Claim(
            name="one_frame",
            sentence="One to one does not do where the answer lies in the order: one frame does not tell which way a"
            " digit moves, eight frames tell a GRU (many to one).",
            frase="Uno a uno no basta cuando la respuesta está en el orden: un fotograma no dice hacia dónde se"
            " mueve un dígito; ocho fotogramas se lo dicen a una GRU (muchos a uno).",
            chapter=f"{FORMS}, many to one, video",
            pilot="seeds 0 to 2: 100.0 % against 50.6 %",
            metric="accuracy",
            better="film_gru",
            worse="film_one_frame",
        ),
        Claim(
            name="order_of_frames",
            sentence="Many to one: it is the order of the frames that a GRU uses, for it cannot tell which way a digit"
            " moves where the frames of each film are shuffled.",
            frase="Muchos a uno: lo que usa una GRU es el orden de los fotogramas, pues no sabe decir hacia dónde se"
            " mueve un dígito cuando los fotogramas de cada película están desordenados.",
            chapter=f"{FORMS}, many to one, video",
            pilot="seeds 0 to 2: 100.0 % against 49.2 %",
            metric="accuracy",
            better="film_gru",
            worse="film_gru_shuffled",
        ),
        Claim(
            name="language_helps",
            sentence="One to many: a network told the language predicts the letters of a surname better than one that"
            " is not told.",
            frase="Uno a muchos: una red a la que se le dice el idioma predice las letras de un apellido mejor que"
            " una a la que no se le dice.",
            chapter=f"{FORMS}, one to many",
            pilot="seeds 0 to 2: 2.19 against 2.35",
            metric="cross_entropy",
            better="names_gru",
            worse="names_gru_untold",
            higher_is_better=False,
        ),
        Claim(
            name="names_gated",
            sentence="One to many: a gated cell (GRU) predicts letters better than a plain one, at equal parameters.",
            frase="Uno a muchos: una celda con puertas (GRU) predice letras mejor que una simple, con los mismos"
            " parámetros.",
            chapter=f"{FORMS}, one to many",
            published=f"{CHUNG}; on short surnames: nobody",
            pilot="seeds 0 to 2: 2.19 against 2.30",
            metric="cross_entropy",
            better="names_gru",
            worse="names_plain",
            higher_is_better=False,
        ),
        Claim(
            name="hidden_layers",
            sentence="With two hidden layers between state and output, letters are predicted better than with none, at"
            " equal parameters, in as many steps and at the learning rate that suits the network without them.",
            frase="Con dos capas ocultas entre el estado y la salida se predicen las letras mejor que sin ninguna,"
            " con los mismos parámetros, en los mismos pasos y con la tasa de aprendizaje que conviene a la red sin"
            " ellas.",
            chapter="3 Recurrent networks: O_t through several hidden layers",
            published="Pascanu et al. (2014), characters of the Penn Treebank: 1.39 bits with a deep transition and a"
            " deep output, 1.41 with stacked layers, a few hundredths ahead of a plain network",
            pilot="seeds 0 to 2: 2.29 against 2.19",
            metric="cross_entropy",
            better="names_gru_deep",
            worse="names_gru",
            higher_is_better=False,
            expects="negligible",
        ),
        Claim(
            name="speakers_gated",
            sentence="Many to one: a gated cell (GRU) recognises speakers better than a plain one, at equal parameters.",
            frase="Muchos a uno: una celda con puertas (GRU) reconoce a los hablantes mejor que una simple, con los"
            " mismos parámetros.",
            chapter=f"{FORMS}, many to one",
            published=CHUNG,
            pilot="seeds 0 to 9: 93.8 % against 91.2 %",
            metric="accuracy",
            better="speakers_gru",
            worse="speakers_plain",
        ),
        Claim(
            name="speakers_lstm_over_gru",
            sentence="Many to one: an LSTM recognises speakers clearly better than a GRU, by five points or more, at equal"
            " parameters.",
            frase="Muchos a uno: una LSTM reconoce a los hablantes claramente mejor que una GRU, por cinco puntos o"
            " más, con los mismos parámetros.",
            chapter=f"{FORMS}, many to one",
            published=CHUNG,
            pilot="seeds 0 to 9: 92.0 % against 93.8 %",
            metric="accuracy",
            better="speakers_lstm",
            worse="speakers_gru",
            margin=FIVE_POINTS,
            margin_because="the sentence says how large",
            expects="negligible",
        ),
        Claim(
            name="both_directions",
            sentence="Many to many in step: reading a word from both ends finds its marks better (F1) than reading it"
            " from the left, at equal parameters.",
            frase="Muchos a muchos, sincronizado: leer una palabra desde ambos extremos encuentra sus tildes mejor"
            " (F1) que leerla desde la izquierda, con los mismos parámetros.",
            chapter=f"{FORMS}, many to many in step",
            pilot="seeds 0 to 2: 0.73 against 0.17",
            metric="marks_f1",
            better="accents_gru_both",
            worse="accents_gru",
        ),
        Claim(
            name="reversal_gated_sooner",
            sentence="Many to many by encoder and decoder: a gated cell (GRU) learns to reverse digits in fewer steps"
            " than a plain one, at equal parameters.",
            frase="Muchos a muchos con codificador y decodificador: una celda con puertas (GRU) aprende a invertir"
            " dígitos en menos pasos que una simple, con los mismos parámetros.",
            chapter=f"{FORMS}, many to many with another length",
            pilot="seeds 0 to 9: 172 against 75",
            metric="steps_to_reverse",
            better="reversal_gru",
            worse="reversal_plain",
            kind="ratio",
            higher_is_better=False,
            expects="contradicted",
        ),
        Claim(
            name="reversal_lstm_sooner",
            sentence="Many to many by encoder and decoder: an LSTM learns to reverse digits in half the steps that a GRU"
            " takes, or fewer, at equal parameters.",
            frase="Muchos a muchos con codificador y decodificador: una LSTM aprende a invertir dígitos en la mitad"
            " de los pasos que necesita una GRU, o en menos, con los mismos parámetros.",
            chapter=f"{FORMS}, many to many with another length",
            published=CHUNG,
            pilot="seeds 0 to 9: 138 against 172 steps",
            metric="steps_to_reverse",
            better="reversal_lstm",
            worse="reversal_gru",
            margin=math.log(2),
            margin_because="the sentence says how large",
            kind="ratio",
            higher_is_better=False,
            expects="negligible",
        ),
    ),
)
