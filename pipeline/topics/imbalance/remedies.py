"""What is claimed of rare classes and of the remedies against it, on ten digits thinned to a long tail."""

from pipeline.verdicts.topic import Claim

CHAPTER = "5 Common problems: imbalance"
BUDA = "Buda, Maki and Mazurowski (2018), abstract"
CAO = "Cao et al. (2019), table 2, CIFAR-10 at 100 to 1, error"

REMEDIES = (
    Claim(
        name="rare_classes_suffer",
        sentence="On a long tail of 400 to 4 images the recall of the most frequent third of the classes lies above that"
        " of the rarest third, by 30 points more than where all have nearly as many.",
        chapter=CHAPTER,
        published=f"{BUDA}: the effect of imbalance is detrimental, no figure",
        metric="recall_gap",
        better="even",
        worse="untouched",
        margin=0.3,
        higher_is_better=False,
    ),
    Claim(
        name="under_sampling_hurts",
        sentence="On a long tail, dropping samples down to the smallest class loses more than it wins in as many steps.",
        chapter=CHAPTER,
        published=f"{BUDA}: how far to under-sample depends on the imbalance, no figure",
        metric="balanced_accuracy",
        better="untouched",
        worse="under",
        margin=0.01,
    ),
    Claim(
        name="over_sampling",
        sentence="On a long tail, copying the samples of rare classes raises the mean recall over classes.",
        chapter=CHAPTER,
        published=f"{BUDA}: over-sampling is dominant (area under the ROC curve). {CAO}: 29.6 % to 29.5 %",
        metric="balanced_accuracy",
        better="over",
        worse="untouched",
        margin=0.01,
    ),
    Claim(
        name="smote",
        sentence="On a long tail, SMOTE raises the mean recall over classes.",
        chapter=CHAPTER,
        metric="balanced_accuracy",
        better="smote",
        worse="untouched",
        margin=0.01,
    ),
    Claim(
        name="smote_over_copies",
        sentence="Combining neighbours (SMOTE) is better than copying samples.",
        chapter=CHAPTER,
        published="Elor and Averbuch-Elor (2022), 73 tables: copies do as well as SMOTE, no figure",
        metric="balanced_accuracy",
        better="smote",
        worse="over",
        margin=0.01,
        expects="negligible",
    ),
    Claim(
        name="logit_adjustment",
        sentence="Adding the log frequency of a class to its logit in the loss raises the mean recall over classes.",
        chapter=CHAPTER,
        published="Menon et al. (2021), README of their code, CIFAR-10 at 100 to 1: 71.4 % to 77.9 %",
        metric="balanced_accuracy",
        better="adjusted",
        worse="untouched",
        margin=0.01,
    ),
    Claim(
        name="adjustment_over_smote",
        sentence="The logit-adjusted loss does better than SMOTE.",
        chapter=CHAPTER,
        metric="balanced_accuracy",
        better="adjusted",
        worse="smote",
        margin=0.01,
    ),
    Claim(
        name="under_sampling_at_30",
        sentence="At 30 to 1 from the largest to the smallest class, under-sampling still loses more than it wins in as"
        " many steps.",
        chapter=CHAPTER,
        metric="balanced_accuracy",
        better="ratio_30_untouched",
        worse="ratio_30_under",
        margin=0.01,
    ),
    Claim(
        name="under_sampling_at_10",
        sentence="Even at 10 to 1, under-sampling loses more than it wins in as many steps.",
        chapter=CHAPTER,
        published=f"{BUDA}: how far to under-sample depends on the imbalance, no figure",
        metric="balanced_accuracy",
        better="ratio_10_untouched",
        worse="ratio_10_under",
        margin=0.01,
    ),
    Claim(
        name="under_sampling_finds_rare",
        sentence="What under-sampling wins, at 30 to 1: more of the rarest third of the classes is found where half of"
        " what is named so may be wrong.",
        chapter=CHAPTER,
        metric="recall_at_precision",
        better="ratio_30_under",
        worse="ratio_30_untouched",
        margin=0.05,
        expects="negligible",
    ),
    Claim(
        name="moved_thresholds",
        sentence="Dividing the probabilities of the untouched network by the classes' shares, without retraining,"
        " does better than training with copies.",
        chapter=CHAPTER,
        published=f"{BUDA}: thresholds should be moved where the number of right answers counts, no figure",
        metric="moved_balanced_accuracy",
        better="untouched",
        worse="over",
        margin=0.01,
    ),
    Claim(
        name="focal_loss",
        sentence="The focal loss brings the rare classes back.",
        chapter=CHAPTER,
        published="Lin et al. (2017) propose it for the thousand frames of background to one in detection, another task",
        metric="balanced_accuracy",
        better="focal",
        worse="untouched",
        margin=0.01,
        expects="negligible",
    ),
)
