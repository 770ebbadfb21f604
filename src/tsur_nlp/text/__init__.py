"""Cleaning of what really arrives, tokens, sentences, words and their forms."""

from tsur_nlp.text.cleaning import clean
from tsur_nlp.text.morphology import lemma
from tsur_nlp.text.tokens import Token, sentences, tokenize, words

__all__ = ["Token", "clean", "lemma", "sentences", "tokenize", "words"]
