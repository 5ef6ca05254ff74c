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
        frase="En una cola larga de 400 a 4 imágenes, la exhaustividad del tercio más frecuente de las clases supera"
        " a la del tercio más raro, en 30 puntos más que donde todas tienen casi las mismas.",
        chapter=CHAPTER,
        published=f"{BUDA}: the effect of imbalance is detrimental, no figure",
        pilot="seeds 0 to 5: 1.2 % against 60.0 %",
        metric="recall_gap",
        better="even",
        worse="untouched",
        margin=0.3,
        margin_because="the sentence says how large",
        higher_is_better=False,
    ),
    Claim(
        name="under_sampling_hurts",
        sentence="On a long tail, dropping samples down to the smallest class loses more than it wins in as many steps.",
        frase="En una cola larga, quitar muestras hasta dejar las de la clase menor pierde más de lo que gana en los"
        " mismos pasos.",
        chapter=CHAPTER,
        published=f"{BUDA}: how far to under-sample depends on the imbalance, no figure",
        pilot="seeds 0 to 5: 72.2 % against 67.1 %",
        metric="balanced_accuracy",
        better="untouched",
        worse="under",
    ),
    Claim(
        name="over_sampling",
        sentence="On a long tail, copying the samples of rare classes raises the mean recall over classes.",
        frase="En una cola larga, copiar las muestras de las clases raras sube la exhaustividad media de las clases.",
        chapter=CHAPTER,
        published=f"{BUDA}: over-sampling is dominant (area under the ROC curve). {CAO}: 29.6 % to 29.5 %",
        pilot="seeds 0 to 5: 74.4 % against 72.2 %",
        metric="balanced_accuracy",
        better="over",
        worse="untouched",
    ),
    Claim(
        name="smote",
        sentence="On a long tail, SMOTE raises the mean recall over classes.",
        frase="En una cola larga, SMOTE sube la exhaustividad media de las clases.",
        chapter=CHAPTER,
        pilot="seeds 0 to 5: 74.5 % against 72.2 %",
        metric="balanced_accuracy",
        better="smote",
        worse="untouched",
    ),
    Claim(
        name="smote_over_copies",
        sentence="Combining a rare sample with its neighbours (SMOTE) finds more of the rarest third of the classes than"
        " copying it.",
        frase="Combinar una muestra rara con sus vecinas (SMOTE) encuentra más del tercio más raro de las clases que"
        " copiarla.",
        chapter=CHAPTER,
        published="Elor and Averbuch-Elor (2022), 73 tables: copies do as well as SMOTE, no figure",
        pilot="seeds 0 to 9: 42.7 % against 43.0 %",
        metric="rare_recall",
        better="smote",
        worse="over",
        expects="negligible",
    ),
    Claim(
        name="logit_adjustment",
        sentence="Adding the log frequency of a class to its logit in the loss raises the mean recall over classes.",
        frase="Sumar en la pérdida el logaritmo de la frecuencia de una clase a su logit sube la exhaustividad media"
        " de las clases.",
        chapter=CHAPTER,
        published="Menon et al. (2021), README of their code, CIFAR-10 at 100 to 1: 71.4 % to 77.9 %",
        pilot="seeds 0 to 5: 79.0 % against 72.2 %",
        metric="balanced_accuracy",
        better="adjusted",
        worse="untouched",
    ),
    Claim(
        name="adjustment_over_smote",
        sentence="The logit-adjusted loss does better than SMOTE.",
        frase="La pérdida con logits ajustados va mejor que SMOTE.",
        chapter=CHAPTER,
        pilot="seeds 0 to 5: 79.0 % against 74.5 %",
        metric="balanced_accuracy",
        better="adjusted",
        worse="smote",
    ),
    Claim(
        name="under_sampling_at_30",
        sentence="At 30 to 1 from the largest to the smallest class, under-sampling still loses more than it wins in as"
        " many steps.",
        frase="Con 30 a 1 entre la clase mayor y la menor, el submuestreo sigue perdiendo más de lo que gana en los"
        " mismos pasos.",
        chapter=CHAPTER,
        pilot="seeds 0 to 5: 82.8 % against 77.8 %",
        metric="balanced_accuracy",
        better="ratio_30_untouched",
        worse="ratio_30_under",
    ),
    Claim(
        name="under_sampling_at_10",
        sentence="However mild the imbalance, under-sampling loses: at 10 to 1, too, five points of the mean recall or more"
        " in as many steps.",
        frase="Por leve que sea el desequilibrio, el submuestreo pierde: también con 10 a 1, cinco puntos de la"
        " exhaustividad media o más en los mismos pasos.",
        chapter=CHAPTER,
        published=f"{BUDA}: how far to under-sample depends on the imbalance, no figure",
        pilot="seeds 0 to 9: 88.1 % against 86.8 %",
        metric="balanced_accuracy",
        better="ratio_10_untouched",
        worse="ratio_10_under",
        margin=0.05,
        margin_because="the sentence says how large",
        expects="negligible",
    ),
    Claim(
        name="under_sampling_finds_rare",
        sentence="What under-sampling wins, at 30 to 1: more of the rarest third of the classes is found where half of"
        " what is named so may be wrong.",
        frase="Lo que gana el submuestreo, con 30 a 1: se encuentra más del tercio más raro de las clases allí donde"
        " puede ser falsa la mitad de lo que se señala como tal.",
        chapter=CHAPTER,
        pilot="seeds 0 to 5: 92.1 % against 94.4 %",
        metric="recall_at_precision",
        better="ratio_30_under",
        worse="ratio_30_untouched",
        expects="negligible",
    ),
    Claim(
        name="moved_thresholds",
        sentence="Dividing the probabilities of the untouched network by the classes' shares, without retraining,"
        " does better than training with copies.",
        frase="Dividir las probabilidades de la red sin remedio por las proporciones de las clases, sin volver a"
        " entrenar, va mejor que entrenar con copias.",
        chapter=CHAPTER,
        published=f"{BUDA}: thresholds should be moved where the number of right answers counts, no figure",
        pilot="seeds 0 to 5: 78.8 % against 74.4 %",
        metric="moved_balanced_accuracy",
        better="untouched",
        worse="over",
    ),
    Claim(
        name="focal_loss",
        sentence="The focal loss brings the rare classes back: more of the rarest third of them is found.",
        frase="La pérdida focal recupera las clases raras: se encuentra más de su tercio más raro.",
        chapter=CHAPTER,
        published="Lin et al. (2017) propose it for the thousand frames of background to one in detection, another task",
        pilot="seeds 0 to 9: 34.6 % against 35.6 %",
        metric="rare_recall",
        better="focal",
        worse="untouched",
        expects="negligible",
    ),
)
