"""`python -m tsur_nlp` is the command `tsur-nlp`."""

from tsur_nlp.cli import main

main()
