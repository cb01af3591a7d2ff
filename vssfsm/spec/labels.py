"""
Words of `vssadmin list writers` per language: labels, and texts that stand for a failure code.

Only texts that were seen in real output, or that stand in a published script or in a table of the
program's strings, which has the order of the codes; states need none, as the bracketed number is
read. A text that is not here stays unknown.
"""

from typing import Final

#: language -> text of the last error -> name of the code
ERROR_LABELS: Final = {
    "en": {
        "No error": "S_OK",
        "Inconsistent shadow copy": "VSS_E_WRITERERROR_INCONSISTENTSNAPSHOT",
        "Out of resources": "VSS_E_WRITERERROR_OUTOFRESOURCES",
        "Timed out": "VSS_E_WRITERERROR_TIMEOUT",
        "Retryable error": "VSS_E_WRITERERROR_RETRYABLE",
        "Non-retryable error": "VSS_E_WRITERERROR_NONRETRYABLE",
        "Not responding": "VSS_E_WRITER_NOT_RESPONDING",
    },
    "fr": {
        "Aucune erreur": "S_OK",
        "Cliché instantané incohérent": "VSS_E_WRITERERROR_INCONSISTENTSNAPSHOT",
        "Ressources insuffisantes": "VSS_E_WRITERERROR_OUTOFRESOURCES",
        "Délai dépassé": "VSS_E_WRITERERROR_TIMEOUT",
        "Erreur récupérable": "VSS_E_WRITERERROR_RETRYABLE",
        "Erreur non récupérable": "VSS_E_WRITERERROR_NONRETRYABLE",
        "Pas de réponse": "VSS_E_WRITER_NOT_RESPONDING",
    },
    "de": {"Kein Fehler": "S_OK"},
}
#: text in folded case -> name of the code, derived
CODE_OF_LABEL: Final = {
    text.casefold(): code for texts in ERROR_LABELS.values() for text, code in texts.items()
}
#: line of a block -> its labels, as published listings and scripts have them
NAME, CLASS, INSTANCE, STATE, ERROR = "name", "class", "instance", "state", "error"
LINE_LABELS: Final = {
    NAME: ("Writer name", "Nom du rédacteur", "Verfassername", "Skrivernavn"),
    CLASS: ("Writer Id", "ID du rédacteur", "Verfasserkennung"),
    INSTANCE: (
        "Writer Instance Id",
        "ID de l'instance du rédacteur",
        "Verfasserinstanzkennung",
    ),
    STATE: ("State", "État", "Status", "Tilstand"),
    ERROR: ("Last error", "Dernière erreur", "Letzter Fehler"),
}
