"""Class imbalance: do resampling, class weights, adjusted losses or thresholds help when some classes are rare?"""

from pipeline.topics.imbalance.measures import MEASURES
from pipeline.topics.imbalance.remedies import REMEDIES
from pipeline.verdicts.topic import Line, Sweep, Topic

UNTOUCHED = {10: "ratio_10_untouched", 30: "ratio_30_untouched", 100: "untouched"}
UNDER = {10: "ratio_10_under", 30: "ratio_30_under", 100: "under"}

TOPIC = Topic(
    title="Class imbalance",
    titulo="Desequilibrio de datos",
    question=(
        "When some classes have very few samples the network rarely sees them. Do under-sampling, over-sampling, SMOTE,"
        " class weights, other losses or moved thresholds bring them back, which scores show it, and what becomes of the"
        " probabilities?"
    ),
    pregunta=(
        "Cuando algunas clases tienen muy pocas muestras, la red casi no las ve. ¿Las recuperan el submuestreo, el"
        " sobremuestreo, SMOTE, los pesos de clase, otras pérdidas o los umbrales desplazados, qué medidas lo"
        " muestran, y qué pasa con las probabilidades?"
    ),
    probes=("moved_balanced_accuracy", "posterior_error", "brier_lost", "ranking_lost", "recall_error"),
    sweeps=(
        Sweep(
            x="images of the most frequent digit for one of the rarest",
            y="balanced accuracy",
            lines=(
                Line(words="untouched", metric="balanced_accuracy", variants=UNTOUCHED),
                Line(words="under-sampled", metric="balanced_accuracy", variants=UNDER),
            ),
        ),
    ),
    claims=(*REMEDIES, *MEASURES),
)
