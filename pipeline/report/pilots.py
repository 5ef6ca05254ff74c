"""Say in the reader's language what a pilot of ours showed: lines of numbers with few words between them."""

import re

from pipeline.report.language import Voice

SPANISH = {  # each in its place, the longer before what is part of it
    r"seeds (\d+) to (\d+)": r"semillas \1 a \2",
    r"seed (\d+)": r"semilla \1",
    r" over nine layers": " a lo largo de nueve capas",
    r" over 19 layers": " a lo largo de 19 capas",
    r"for ten layers": "con diez capas",
    r"by the formula": "según la fórmula",
    r"at most": "como mucho",
    r"against four copies": "frente a cuatro copias",
    r"against": "frente a",
    r"always answering 1": "respondiendo siempre 1",
    r"guessing": "adivinando",
    r"the other way round": "al revés",
    r"on new sequences": "con secuencias nuevas",
    r"along the cell": "a lo largo de la celda",
    r"by construction no gradient reaches a symbol": "por construcción ningún gradiente llega a un símbolo",
    r"by counting symbols alone (\S+) can be had": r"con solo contar símbolos se llega a \1",
    r"which knows (.+) of its training images by then": r"que ya se sabe el \1 de sus imágenes de entrenamiento",
    r"in 3,000 steps a fully connected one came to": "en 3000 pasos una totalmente conectada llegó a",
    r"validation": "validación",
    r"in 100 steps": "en 100 pasos",
    r"of the rare found": "de los raros encontrados",
    r"never saying rare": "sin señalar nunca uno raro",
    r"the shares": "las proporciones",
    r"average pooling": "agrupación media",
    r"stride": "paso",
    r"accuracy": "exactitud",
    r"from twice the weights, at a rate of (\S+)": r"con el doble de pesos, a una tasa de \1",
    r" and over 30 steps": " y con 30 pasos",
    r"runs with it; without, over 30 steps": "entrenamientos con él; sin él, con 30 pasos",
    r"(\d+) of (\d+)": r"\1 de \2",
    r"\blost\b": "perdidos",
    r"\bruns\b": "entrenamientos",
    r"\bsteps\b": "pasos",
}


def told(pilot: str, voice: Voice) -> str:
    """The line in the voice's language, words and numbers."""
    if voice.language == "en":
        return pilot
    for english, spanish in SPANISH.items():
        pilot = re.sub(english, spanish, pilot)
    return voice.number(pilot)
