"""One way to compare labels and titles, wherever they come from."""


# ------------------------------------------------------------------------------
#   Crosswalks
# ------------------------------------------------------------------------------


def label_key(label: str) -> str:
    """Labels are compared without case and extra blanks: exports differ in both."""
    return " ".join(label.lower().replace("ё", "е").split())
