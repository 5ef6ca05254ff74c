"""Convolutional networks: what do local receptive fields, shared weights and pooling buy?"""

from pipeline.verdicts.topic import Claim, Topic

MNIST1D = "Greydanus and Kobak (2024), MNIST-1D table"

TOPIC = Topic(
    title="Convolutional networks",
    question=(
        "A network whose neurons look at neighbours and share their weights should need fewer parameters and data than"
        " a fully connected one. Does it, and does the lead vanish when neighbourhood means nothing?"
    ),
    probes=("shifted_accuracy", "receptive_field"),
    claims=(
        Claim(
            name="convolution",
            sentence="A convolutional network classifies signals better than a fully connected one with three times its"
            " parameters.",
            chapter="2 Convolutional networks: local receptive field, parameter sharing",
            source=f"{MNIST1D}: CNN 94 %, MLP 68 %",
            metric="accuracy",
            better="stride",
            worse="mlp",
            margin=0.10,
        ),
        Claim(
            name="locality",
            sentence="It is neighbourhood that the convolution uses: shuffling the positions costs it a large part of"
            " its accuracy.",
            chapter="2 Convolutional networks: local receptive field",
            source=f"{MNIST1D}: CNN 94 %, with positions shuffled 56 %",
            metric="accuracy",
            better="stride",
            worse="stride_shuffled",
            margin=0.20,
        ),
        Claim(
            name="order_blind",
            sentence="Shuffling the positions costs a fully connected network accuracy as well.",
            chapter="2 Convolutional networks: local receptive field",
            source=f"{MNIST1D}: MLP 68 %, with positions shuffled 68 %; expected: negligible",
            metric="accuracy",
            better="mlp",
            worse="mlp_shuffled",
            margin=0.04,
        ),
        Claim(
            name="lead_gone",
            sentence="With the positions shuffled the fully connected network is ahead of the convolutional one.",
            chapter="2 Convolutional networks: local receptive field",
            source=f"{MNIST1D}: MLP 68 %, CNN 56 %, both with positions shuffled",
            metric="accuracy",
            better="mlp_shuffled",
            worse="stride_shuffled",
            margin=0.01,
        ),
        Claim(
            name="max_pooling",
            sentence="Max pooling classifies better than halving by stride, at equal parameters.",
            chapter="2 Convolutional networks: pooling",
            source="Springenberg et al. (2015), table 3: CIFAR-10 error 9.31 % with max pooling, 10.19 % with stride",
            metric="accuracy",
            better="max",
            worse="stride",
            margin=0.01,
        ),
        Claim(
            name="average_pooling",
            sentence="Average pooling classifies better than halving by stride, at equal parameters.",
            chapter="2 Convolutional networks: pooling",
            source="own pilot on MNIST-1D: 95.4 % against 91.4 %",
            metric="accuracy",
            better="average",
            worse="stride",
            margin=0.01,
        ),
        Claim(
            name="max_over_average",
            sentence="Max pooling classifies better than average pooling, at equal parameters.",
            chapter="2 Convolutional networks: pooling",
            source="own pilot on MNIST-1D: 96.8 % against 95.4 %",
            metric="accuracy",
            better="max",
            worse="average",
            margin=0.005,
        ),
        Claim(
            name="few_images",
            sentence="With few training images, max pooling classifies images better than halving by stride, at equal"
            " parameters.",
            chapter="2 Convolutional networks: pooling",
            source="own pilot on 500 MNIST digits: 91.4 % against 86.2 %",
            metric="accuracy",
            better="images_max",
            worse="images_stride",
            margin=0.01,
        ),
        Claim(
            name="shifted_images",
            sentence="Max pooling keeps more of its accuracy than stride when the test images are moved by a few pixels.",
            chapter="2 Convolutional networks: pooling",
            source="own pilot on 500 MNIST digits moved by up to 4 pixels: 44.1 % against 33.0 %",
            metric="shifted_accuracy",
            better="images_max",
            worse="images_stride",
            margin=0.02,
        ),
        Claim(
            name="images_convolution",
            sentence="On images, convolution with max pooling beats a fully connected network with fifteen times its"
            " parameters.",
            chapter="2 Convolutional networks: parameter sharing",
            source="own pilot on 500 MNIST digits: 91.4 % against 86.1 %",
            metric="accuracy",
            better="images_max",
            worse="images_mlp",
            margin=0.01,
        ),
        Claim(
            name="local_views",
            sentence="Looking at neighbours is worth something without sharing weights: a locally connected network"
            " classifies signals better than a fully connected one.",
            chapter="2 Convolutional networks: local receptive field",
            source="own pilot on MNIST-1D: 83.6 % against 64.0 %",
            metric="accuracy",
            better="local",
            worse="mlp",
            margin=0.05,
        ),
        Claim(
            name="sharing",
            sentence="Shared weights classify signals better than unshared ones with the same receptive fields and"
            " channels, and six times the parameters.",
            chapter="2 Convolutional networks: parameter sharing",
            source="Novak et al. (2018) and d'Ascoli et al. (2019), as cited by Pogodin et al. (2021): locally connected"
            " below convolutional; own pilot on MNIST-1D: 91.4 % against 83.6 %",
            metric="accuracy",
            better="stride",
            worse="local",
            margin=0.03,
        ),
        Claim(
            name="sharing_at_equal_parameters",
            sentence="For as many parameters, shared weights classify signals much better than unshared ones.",
            chapter="2 Convolutional networks: parameter sharing",
            source="own pilot on MNIST-1D: 91.4 % with 5,210 parameters against 69.6 % with 4,370",
            metric="accuracy",
            better="stride",
            worse="local_narrow",
            margin=0.10,
        ),
        Claim(
            name="sharing_on_centred_digits",
            sentence="On digits that all lie in the middle, shared weights classify better than unshared ones as well.",
            chapter="2 Convolutional networks: parameter sharing",
            source="own pilot on 500 MNIST digits: 86.2 % against 89.0 % unshared; expected: not so, for what is always"
            " in the same place needs no sharing, only fewer parameters (6,746 against 121,914) speak for it",
            metric="accuracy",
            better="images_stride",
            worse="images_local",
            margin=0.01,
        ),
    ),
)
