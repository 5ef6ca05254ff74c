"""Overfitting: how it grows with too little data, and which remedy helps against it."""

from pipeline.verdicts.topic import Claim, Line, Sweep, Topic

CAUSES = "5 Common problems: overfitting, causes"
AUGMENTATION = "5 Common problems: overfitting, data augmentation"
REGULARISATION = "5 Common problems: overfitting, regularisation"
PILOT = "own pilot on 300 MNIST digits"
SIZES = {100: "n_100", 300: "n_300", 1000: "n_1000", 4000: "n_4000"}

TOPIC = Topic(
    title="Overfitting",
    question=(
        "A network that is good on its training data can be bad on new data. How does that depend on the number of"
        " training images, on the network's size and on the labels, and do augmentation and regularisation help?"
    ),
    probes=("onset", "accuracy_gap"),
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
    ),
    claims=(
        Claim(
            name="too_little_data",
            sentence="With 300 training images the gap between cross-entropy on new images and on training images is"
            " clearly wider than with 4,000.",
            chapter=CAUSES,
            source="own pilot: gap 0.60 nats with 300 MNIST digits, 0.20 with 4,000",
            metric="gap",
            better="n_4000",
            worse="n_300",
            margin=0.1,
            higher_is_better=False,
        ),
        Claim(
            name="more_data_more_right",
            sentence="Ten times the training images, 1,000 for 100, make the network right clearly more often.",
            chapter=CAUSES,
            source="own pilot: accuracy 75 % with 100 MNIST digits, 90 % with 1,000",
            metric="accuracy",
            better="n_1000",
            worse="n_100",
            margin=0.05,
        ),
        Claim(
            name="too_many_parameters",
            sentence="A network an eighth as wide reads new images better, for it has fewer parameters to overfit with.",
            chapter=CAUSES,
            source=f"the course; {PILOT}: 81 % against 84 %",
            metric="accuracy",
            better="narrow",
            worse="n_300",
            margin=0.01,
        ),
        Claim(
            name="noise_is_learnt_by_heart",
            sentence="Training images with true labels are learnt better than the same images with random labels.",
            chapter=CAUSES,
            source="Zhang et al. (2017), table 1: 100 % on training data either way; own pilot: 100 % either way;"
            " expected: negligible",
            metric="train_accuracy",
            better="n_1000",
            worse="random_labels",
            margin=0.02,
        ),
        Claim(
            name="nothing_but_by_heart",
            sentence="What is learnt from random labels says nothing of new images, unlike what is learnt from true"
            " ones.",
            chapter=CAUSES,
            source="Zhang et al. (2017), table 1: CIFAR-10 test accuracy 85.75 % and 9.78 %",
            metric="accuracy",
            better="n_1000",
            worse="random_labels",
            margin=0.5,
        ),
        Claim(
            name="augmentation",
            sentence="Adding moved, turned and zoomed copies of 300 training images makes the network right more often.",
            chapter=AUGMENTATION,
            source="DeVries and Taylor (2017), table 1: CIFAR-10 error 10.63 % to 4.72 % with crops and flips;"
            f" {PILOT}: accuracy 88.0 % against 84.4 %",
            metric="accuracy",
            better="augmented_ahead",
            worse="n_300",
            margin=0.03,
        ),
        Claim(
            name="augmentation_calibrates",
            sentence="Augmentation on the fly makes the network much less surprised by new images (cross-entropy).",
            chapter=AUGMENTATION,
            source=f"{PILOT}: 0.34 nats against 0.63",
            metric="cross_entropy",
            better="augmented_on_the_fly",
            worse="n_300",
            margin=0.1,
            higher_is_better=False,
        ),
        Claim(
            name="fresh_copies",
            sentence="Fresh changes in every step of training help more than four fixed copies made ahead, for as many"
            " steps.",
            chapter=AUGMENTATION,
            source=f"{PILOT}: 89.2 % against 88.0 %",
            metric="accuracy",
            better="augmented_on_the_fly",
            worse="augmented_ahead",
            margin=0.01,
        ),
        Claim(
            name="dropout",
            sentence="Dropout makes the network right more often.",
            chapter=REGULARISATION,
            source="Srivastava et al. (2014), table 2: MNIST error 1.60 % to 1.25 %;"
            f" {PILOT}: 84.1 % against 84.4 %, open with three seeds",
            metric="accuracy",
            better="dropout",
            worse="n_300",
            margin=0.01,
        ),
        Claim(
            name="penalty",
            sentence="An L2 penalty on the weights makes the network right more often.",
            chapter=REGULARISATION,
            source=f"the course; {PILOT}: 84.0 % against 84.4 %, open with three seeds",
            metric="accuracy",
            better="penalty",
            worse="n_300",
            margin=0.01,
        ),
        Claim(
            name="penalty_narrows_the_gap",
            sentence="An L2 penalty narrows the gap in cross-entropy between new and training images.",
            chapter=REGULARISATION,
            source=f"{PILOT}: 0.55 nats against 0.60",
            metric="gap",
            better="penalty",
            worse="n_300",
            margin=0.05,
            higher_is_better=False,
        ),
        Claim(
            name="early_stopping",
            sentence="Stopping once the validation split gets worse avoids most of what training on would cost there.",
            chapter=REGULARISATION,
            source=f"Prechelt (1998); {PILOT}: a rise of 0.01 nats against 0.09",
            metric="late_rise",
            better="early_stopping",
            worse="n_300",
            margin=0.05,
            higher_is_better=False,
        ),
        Claim(
            name="early_stopping_accuracy",
            sentence="Stopping early makes the network right more often: the rise in cross-entropy is one in errors.",
            chapter=REGULARISATION,
            source=f"{PILOT}: 84.1 % against 84.4 %; expected: negligible",
            metric="accuracy",
            better="early_stopping",
            worse="n_300",
            margin=0.01,
        ),
        Claim(
            name="batch_norm",
            sentence="Batch normalisation, beyond making training faster, makes the network right more often.",
            chapter=REGULARISATION,
            source=f"Ioffe and Szegedy (2015), section 4.2.1, propose it; {PILOT}: 83.7 % against 84.4 %",
            metric="accuracy",
            better="batch_norm",
            worse="n_300",
            margin=0.01,
        ),
        Claim(
            name="label_smoothing",
            sentence="Label smoothing lowers the cross-entropy on new images.",
            chapter=REGULARISATION,
            source="Szegedy et al. (2016), section 7, propose it against overconfidence;"
            f" {PILOT}: 0.63 nats either way",
            metric="cross_entropy",
            better="label_smoothing",
            worse="n_300",
            margin=0.05,
            higher_is_better=False,
        ),
    ),
)
