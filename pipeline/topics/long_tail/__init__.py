"""The course's long tail: what can be done when most categories have a single image?"""

from pipeline.verdicts.topic import Claim, Topic

CHAPTER = "5 Common problems: imbalance"
AUGMENTATION = "5 Common problems: overfitting, data augmentation"
PILOT = "own pilot on characters of four typefaces, classes with one training image"

TOPIC = Topic(
    title="The long tail",
    question=(
        "Of 4,251 training images more than 2,000 are alone in their category (characters as drawn by different"
        " typefaces; the larger profiles take all, the laptop's a part of the same shape). A copy of a single image"
        " tells nothing new, and SMOTE has nothing to combine it with: what does help?"
    ),
    probes=("top_5", "singleton_recall", "repeated_recall", "neighbour_accuracy"),
    series=("recall_by_images",),
    claims=(
        Claim(
            name="copies_of_one",
            sentence="Copying the images of small categories makes the network recognise categories that have a single"
            " training image clearly more often.",
            chapter=CHAPTER,
            source=f"{PILOT}: 57.4 % against 55.3 %; expected: negligible",
            metric="singleton_recall",
            better="over",
            worse="untouched",
            margin=0.05,
        ),
        Claim(
            name="smote_of_one",
            sentence="SMOTE does more than copies for categories with a single image.",
            chapter=CHAPTER,
            source=f"by its rule SMOTE copies them, too; {PILOT}: 55.3 % against 57.4 %; expected: negligible",
            metric="singleton_recall",
            better="smote",
            worse="over",
            margin=0.05,
        ),
        Claim(
            name="augmented_single_images",
            sentence="Moving, turning and zooming the images anew in each step makes the network recognise categories"
            " with a single training image more often.",
            chapter=AUGMENTATION,
            source=f"{PILOT}: 66.9 % against 55.3 %",
            metric="singleton_recall",
            better="augmented",
            worse="untouched",
            margin=0.05,
        ),
        Claim(
            name="augmentation_over_copies",
            sentence="On the whole tail, augmentation is worth more than copies.",
            chapter=AUGMENTATION,
            source="own pilot on characters of four typefaces, accuracy: 73.0 % against 63.8 %",
            metric="accuracy",
            better="augmented",
            worse="over",
            margin=0.05,
        ),
        Claim(
            name="five_guesses",
            sentence="Given five guesses, the network trained with augmentation names the right category more often.",
            chapter=AUGMENTATION,
            source="own pilot on characters of four typefaces, true class among the five likeliest: 91.0 % against 81.8 %",
            metric="top_5",
            better="augmented",
            worse="untouched",
            margin=0.05,
        ),
    ),
)
