"""What is claimed of scores under imbalance: which of them show a remedy, and what becomes of the probabilities."""

from pipeline.verdicts.topic import Claim

CHAPTER = "5 Common problems: imbalance"
GOORBERGH = "van den Goorbergh et al. (2022), abstract"

MEASURES = (
    Claim(
        name="accuracy_trap",
        sentence="At 63 to 1, plain accuracy prefers a network that finds hardly any rare example to one that is trained"
        " with class weights.",
        frase="Con 63 a 1, la simple exactitud prefiere una red que apenas encuentra ejemplos raros a una que se"
        " entrena con pesos de clase.",
        chapter=CHAPTER,
        pilot="seeds 0 to 5: 98.4 % (4.5 % of the rare found) against 87.0 % (61.7 %); never saying rare: 98.4 %",
        metric="accuracy",
        better="health_untouched",
        worse="health_weighted",
    ),
    Claim(
        name="trap_sprung",
        sentence="Of the same two networks, the mean recall over both classes prefers the one with class weights.",
        frase="De esas mismas dos redes, la exhaustividad media de ambas clases prefiere la de los pesos de clase.",
        chapter=CHAPTER,
        pilot="seeds 0 to 5: 74.6 % against 52.2 %",
        metric="balanced_accuracy",
        better="health_weighted",
        worse="health_untouched",
    ),
    Claim(
        name="smote_recall",
        sentence="At 29 to 1, SMOTE raises the mean recall over both classes.",
        frase="Con 29 a 1, SMOTE sube la exhaustividad media de ambas clases.",
        chapter=CHAPTER,
        published=f"{GOORBERGH}: it moves the balance of sensitivity and specificity, as another threshold does",
        pilot="seeds 0 to 5: 86.2 % against 64.6 %",
        metric="balanced_accuracy",
        better="credit_smote",
        worse="credit_untouched",
    ),
    Claim(
        name="smote_ranking",
        sentence="At 29 to 1, SMOTE also ranks rare before frequent examples better, whatever the threshold.",
        frase="Con 29 a 1, SMOTE también ordena mejor los ejemplos raros por delante de los frecuentes, sea cual sea"
        " el umbral.",
        chapter=CHAPTER,
        published=f"{GOORBERGH}: no higher area under the ROC curve, for logistic regression",
        pilot="seeds 0 to 5: 0.537 against 0.519",
        metric="pr_auc",
        better="credit_smote",
        worse="credit_untouched",
        expects="negligible",
    ),
    Claim(
        name="mild_imbalance",
        sentence="At 9 to 1, class weights still raise the mean recall over both classes.",
        frase="Con 9 a 1, los pesos de clase todavía suben la exhaustividad media de ambas clases.",
        chapter=CHAPTER,
        pilot="seeds 0 to 9: 86.1 % against 84.1 %",
        metric="balanced_accuracy",
        better="eight_weighted",
        worse="eight_untouched",
    ),
    Claim(
        name="weights_and_probabilities",
        sentence="At 29 to 1, class weights make the predicted probabilities (Brier score, 0 to 2) worse than doing"
        " nothing, and worse than always answering the classes' shares.",
        frase="Con 29 a 1, los pesos de clase hacen las probabilidades predichas (puntuación de Brier, de 0 a 2)"
        " peores que no hacer nada, y peores que responder siempre las proporciones de las clases.",
        chapter=CHAPTER,
        published=f"{GOORBERGH}: the rare class is strongly overestimated after resampling, no figure",
        pilot="seeds 0 to 5: 0.044 against 0.189; the shares: 0.064",
        metric="brier",
        better="credit_untouched",
        worse="credit_weighted",
        higher_is_better=False,
    ),
    Claim(
        name="under_sampling_and_probabilities",
        sentence="At 29 to 1, under-sampling makes the predicted probabilities worse than doing nothing, too.",
        frase="Con 29 a 1, también el submuestreo hace las probabilidades predichas peores que no hacer nada.",
        chapter=CHAPTER,
        published=f"{GOORBERGH}: the rare class is strongly overestimated after under-sampling, no figure",
        pilot="seeds 0 to 5: 0.044 against 0.165",
        metric="brier",
        better="credit_untouched",
        worse="credit_under",
        higher_is_better=False,
    ),
    Claim(
        name="true_probabilities",
        sentence="Where the true probabilities are known, 99 to 1, those of an untouched network lie nearer to them than"
        " those of one with class weights.",
        frase="Donde se conocen las probabilidades verdaderas, con 99 a 1, las de una red sin remedio están más"
        " cerca de ellas que las de una con pesos de clase.",
        chapter=CHAPTER,
        pilot="seeds 0 to 5: 0.003 against 0.093",
        metric="posterior_error",
        better="gaussians_untouched",
        worse="gaussians_weighted",
        higher_is_better=False,
    ),
    Claim(
        name="weights_and_ranking",
        sentence="There, class weights bring the ranking of rare before frequent examples nearer to the best possible.",
        frase="Ahí mismo, los pesos de clase acercan a la mejor posible la ordenación de los ejemplos raros por"
        " delante de los frecuentes.",
        chapter=CHAPTER,
        pilot="seeds 0 to 5: 0.004 against 0.021",
        metric="ranking_lost",
        better="gaussians_weighted",
        worse="gaussians_untouched",
        higher_is_better=False,
        expects="negligible",
    ),
    Claim(
        name="few_test_examples",
        sentence="A test part with 6 examples of the rare class tells the network's recall worse than one with 60.",
        frase="Una parte de prueba con 6 ejemplos de la clase rara dice peor cuál es la exhaustividad de la red que"
        " una con 60.",
        chapter=CHAPTER,
        pilot="seeds 0 to 5: 4.7 % against 18.9 %",
        metric="recall_error",
        better="gaussians_untouched",
        worse="gaussians_few",
        higher_is_better=False,
    ),
)
