"""Convolutional networks: what do local receptive fields, shared weights and pooling buy?"""

from pipeline.verdicts.topic import Claim, Topic

MNIST1D = "Greydanus and Kobak (2024), MNIST-1D table"
FIELD = "2 Convolutional networks: local receptive field"
SHARING = "2 Convolutional networks: parameter sharing"
POOLING = "2 Convolutional networks: pooling"
HEAD = "2 Convolutional networks: fully connected layer"
ACCURACY = 0.01  # one point, of every accuracy whose sentence does not say how large

TOPIC = Topic(
    title="Convolutional networks",
    titulo="Redes neuronales convolucionales",
    question=(
        "A network whose neurons look at neighbours and share their weights should need fewer parameters and data than"
        " a fully connected one. Does it, and does the lead vanish when neighbourhood means nothing?"
    ),
    pregunta=(
        "Una red cuyas neuronas miran a sus vecinas y comparten sus pesos debería necesitar menos parámetros y"
        " menos datos que una totalmente conectada. ¿Es así, y desaparece la ventaja cuando la vecindad no significa"
        " nada?"
    ),
    probes=("shifted_accuracy", "receptive_field", "multiplications", "near_over_far"),
    series=("correlation",),
    claims=(
        Claim(
            name="convolution",
            sentence="A convolutional network classifies signals better than a fully connected one with three times its"
            " parameters, each at the learning rate that suits it best.",
            frase="Una red convolucional clasifica señales mejor que una totalmente conectada con tres veces sus"
            " parámetros, cada una con la tasa de aprendizaje que más le conviene.",
            chapter="2 Convolutional networks: local receptive field, parameter sharing",
            published=f"{MNIST1D}: CNN 94 %, MLP 68 %",
            pilot="seeds 0 to 2: 86.5 % against 64.0 %",
            metric="accuracy",
            better="stride",
            worse="mlp",
        ),
        Claim(
            name="locality",
            sentence="It is neighbourhood that the convolution uses: shuffling the positions costs it at least 20 points"
            " of accuracy.",
            frase="Lo que usa la convolución es la vecindad: desordenar las posiciones le cuesta al menos 20 puntos"
            " de exactitud.",
            chapter=FIELD,
            published=f"{MNIST1D}: CNN 94 %, with positions shuffled 56 %",
            pilot="seeds 0 to 2: 86.5 % against 58.6 %",
            metric="accuracy",
            better="stride",
            worse="stride_shuffled",
            margin=0.20,  # as the sentence says
            margin_because="the sentence says how large",
        ),
        Claim(
            name="lead_gone",
            sentence="With the positions shuffled the fully connected network is ahead of the convolutional one.",
            frase="Con las posiciones desordenadas, la red totalmente conectada va por delante de la convolucional.",
            chapter=FIELD,
            published=f"{MNIST1D}: MLP 68 %, CNN 56 %, both with positions shuffled",
            pilot="seeds 0 to 2: 64.0 % against 58.6 %",
            metric="accuracy",
            better="mlp_shuffled",
            worse="stride_shuffled",
        ),
        Claim(
            name="near_pixels",
            sentence="Near pixels correlate more than far ones: neighbours more than pixels ten apart by at least 0.5 in"
            " mean |r|, and not so once the pixels are shuffled.",
            frase="Los píxeles cercanos se correlacionan más que los lejanos: los vecinos más que los que están a"
            " diez de distancia, en al menos 0,5 de |r| media, y ya no cuando los píxeles se desordenan.",
            chapter=FIELD,
            pilot="seeds 0 to 2: 0.65 against 0.00",
            metric="near_over_far",
            better="pixels",
            worse="pixels_shuffled",
            margin=0.5,  # as the sentence says
            margin_because="the sentence says how large",
        ),
        Claim(
            name="shuffled_pixels",
            sentence="On images as well the convolution uses neighbourhood: shuffling the pixels costs it accuracy.",
            frase="También con imágenes usa la convolución la vecindad: desordenar los píxeles le cuesta exactitud.",
            chapter=FIELD,
            pilot="seeds 0 to 2: 89.6 % against 84.1 %",
            metric="accuracy",
            better="pixels",
            worse="pixels_shuffled",
        ),
        Claim(
            name="combined_views",
            sentence="Higher layers combine the local views: three layers of convolution, whose places see 17 of 40"
            " positions, classify signals better than one, whose places see 5, at equal parameters.",
            frase="Las capas superiores combinan las vistas locales: tres capas de convolución, cuyas posiciones ven"
            " 17 de 40, clasifican señales mejor que una, cuyas posiciones ven 5, con los mismos parámetros.",
            chapter=FIELD,
            pilot="seeds 0 to 2: 86.5 % against 71.9 %",
            metric="accuracy",
            better="stride",
            worse="one_layer",
        ),
        Claim(
            name="local_views",
            sentence="Looking at neighbours is worth something without sharing weights: a locally connected network"
            " classifies signals better than a fully connected one, each at the learning rate that suits it best.",
            frase="Mirar a los vecinos vale algo aun sin compartir pesos: una red conectada localmente clasifica"
            " señales mejor que una totalmente conectada, cada una con la tasa de aprendizaje que más le conviene.",
            chapter=FIELD,
            pilot="seeds 0 to 2: 80.4 % against 64.0 %",
            metric="accuracy",
            better="local",
            worse="mlp",
        ),
        Claim(
            name="sharing",
            sentence="Shared weights classify signals better than unshared ones with the same receptive fields and"
            " channels, and six times the parameters, each at the learning rate that suits it best.",
            frase="Los pesos compartidos clasifican señales mejor que los no compartidos con los mismos campos"
            " receptivos y canales, y seis veces los parámetros, cada red con la tasa de aprendizaje que más le"
            " conviene.",
            chapter=SHARING,
            published="Novak et al. (2018) and d'Ascoli et al. (2019), as cited by Pogodin et al. (2021): locally"
            " connected below convolutional",
            pilot="seeds 0 to 2: 86.5 % against 80.4 %",
            metric="accuracy",
            better="stride",
            worse="local",
        ),
        Claim(
            name="sharing_at_equal_parameters",
            sentence="For as many parameters, shared weights classify signals at least 10 points better than unshared"
            " ones, each at the learning rate that suits it best.",
            frase="Con los mismos parámetros, los pesos compartidos clasifican señales al menos 10 puntos mejor que"
            " los no compartidos, cada red con la tasa de aprendizaje que más le conviene.",
            chapter=SHARING,
            pilot="seeds 0 to 2: 86.5 % against 67.1 %",
            metric="accuracy",
            better="stride",
            worse="local_narrow",
            margin=0.10,  # as the sentence says
            margin_because="the sentence says how large",
        ),
        Claim(
            name="sharing_on_centred_digits",
            sentence="On digits that all lie in the middle, sharing weights is worth as much as on signals, five points or"
            " more, both networks trained until they know their training images.",
            frase="Con dígitos que están todos en el centro, compartir los pesos vale tanto como con señales, cinco"
            " puntos o más, entrenadas ambas redes hasta que se saben sus imágenes de entrenamiento.",
            chapter=SHARING,
            pilot="seeds 0 to 2: 89.6 % against 90.4 %",
            metric="accuracy",
            better="images_stride",
            worse="images_local",
            margin=0.05,
            margin_because="the sentence says how large",
            expects="negligible",  # what is always in the same place needs no sharing
        ),
        Claim(
            name="images_convolution",
            sentence="On images, convolution with max pooling beats a fully connected network with fifteen times its"
            " parameters and a fifth of its multiplications, both trained until they know their training images.",
            frase="Con imágenes, la convolución con agrupación máxima supera a una red totalmente conectada con"
            " quince veces sus parámetros y una quinta parte de sus multiplicaciones, entrenadas ambas hasta que se saben sus imágenes de entrenamiento.",
            chapter=SHARING,
            pilot="seeds 0 to 2: 93.8 % against 87.6 %",
            metric="accuracy",
            better="images_max",
            worse="images_mlp",
        ),
        Claim(
            name="max_pooling",
            sentence="Max pooling classifies signals better than halving by stride, at equal receptive fields (24 of 40"
            " positions), no more parameters and 1.8 times the multiplications.",
            frase="La agrupación máxima clasifica señales mejor que reducir a la mitad con el paso del filtro, con"
            " los mismos campos receptivos (24 de 40 posiciones), no más parámetros y 1,8 veces las multiplicaciones.",
            chapter=POOLING,
            published="Scherer et al. (2010), abstract: max pooling significantly ahead of subsampling; Springenberg et"
            " al. (2015), table 3: CIFAR-10 error at equal parameters 9.74 % with max pooling, 10.19 % with stride, and"
            " none lost where a convolution by stride takes its place",
            pilot="seeds 0 to 2: 93.5 % against 86.5 %",
            metric="accuracy",
            better="max",
            worse="stride_wide",
        ),
        Claim(
            name="average_pooling",
            sentence="Average pooling, at the learning rate that suits it best, classifies signals better than halving by"
            " stride, at equal receptive fields (24 of 40 positions), no more parameters and 1.8 times the"
            " multiplications.",
            frase="La agrupación media, con la tasa de aprendizaje que más le conviene, clasifica señales mejor que"
            " reducir a la mitad con el paso del filtro, con los mismos campos receptivos (24 de 40 posiciones), no más"
            " parámetros y 1,8 veces las multiplicaciones.",
            chapter=POOLING,
            pilot="average pooling, seeds 0 to 9: 95.3 %; stride, seeds 0 to 2: 86.5 %",
            metric="accuracy",
            better="average",
            worse="stride_wide",
        ),
        Claim(
            name="max_over_average",
            sentence="Max pooling classifies signals better than average pooling, at equal parameters, each at the learning"
            " rate that suits it best.",
            frase="La agrupación máxima clasifica señales mejor que la agrupación media, con los mismos parámetros,"
            " cada red con la tasa de aprendizaje que más le conviene.",
            chapter=POOLING,
            published="Scherer et al. (2010), abstract: max pooling significantly ahead of subsampling, an average with"
            " weights",
            pilot="seeds 0 to 9: 94.9 % against 95.3 %",
            metric="accuracy",
            better="max",
            worse="average",
            expects="negligible",
        ),
        Claim(
            name="few_images",
            sentence="With 500 training images, max pooling classifies images better than halving by stride, at equal"
            " receptive fields (12 by 12 pixels), no more parameters and 2.5 times the multiplications, both trained"
            " until they know them.",
            frase="Con 500 imágenes de entrenamiento, la agrupación máxima clasifica imágenes mejor que reducir a la"
            " mitad con el paso del filtro, con los mismos campos receptivos (12 por 12 píxeles), no más"
            " parámetros y 2,5 veces las multiplicaciones, entrenadas ambas redes hasta que se las saben.",
            chapter=POOLING,
            pilot="seeds 0 to 2: 93.8 % against 90.7 %",
            metric="accuracy",
            better="images_max",
            worse="images_stride_wide",
        ),
        Claim(
            name="shifted_images",
            sentence="Max pooling classifies test images that are moved by up to 4 pixels better than stride, at equal"
            " receptive fields, no more parameters and 2.5 times the multiplications.",
            frase="La agrupación máxima clasifica imágenes de prueba desplazadas hasta 4 píxeles mejor que el paso"
            " del filtro, con los mismos campos receptivos, no más parámetros y 2,5 veces las multiplicaciones.",
            chapter=POOLING,
            pilot="seeds 0 to 2: 46.0 % against 34.6 %",
            metric="shifted_accuracy",
            better="images_max",
            worse="images_stride_wide",
        ),
        Claim(
            name="dense_head",
            sentence="The dense head uses where things are: given all places of the last layer, it classifies digits"
            " better than given each channel's mean over them, in as many steps.",
            frase="La capa totalmente conectada del final usa dónde están las cosas: si recibe todas las posiciones"
            " de la última capa clasifica los dígitos mejor que si recibe la media de cada canal sobre ellas, en los"
            " mismos pasos.",
            chapter=HEAD,
            published="Lin et al. (2014): the other way round on CIFAR-10, in a network whose last layer has a channel"
            " for each class",
            pilot="seeds 0 to 2: 89.6 % against 54.9 %, which knows 61 % of its training images by then",
            metric="accuracy",
            better="images_stride",
            worse="images_stride_mean",
        ),
        Claim(
            name="raw_images",
            sentence="Images must be prepared for a convolutional network: with every pixel scaled to mean 0 and"
            " deviation 1 it classifies at least five points better than with the raw ones.",
            frase="Hay que preparar las imágenes para una red convolucional: con cada píxel llevado a media 0 y"
            " desviación 1 clasifica al menos cinco puntos mejor que con las imágenes originales.",
            chapter="2 Convolutional networks: raw images",
            pilot="seeds 0 to 2: 89.9 % against 89.6 %",
            metric="accuracy",
            better="images_stride_scaled",
            worse="images_stride",
            margin=0.05,
            margin_because="the sentence says how large",
            expects="negligible",  # the course: it takes raw images
        ),
    ),
)
