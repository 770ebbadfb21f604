"""One finder a kind, one file a finder; the order says which of two that overlap is believed."""

from tsur_nlp.privacy.finders.account import BANK_ACCOUNT, HOUSEHOLD_ACCOUNT
from tsur_nlp.privacy.finders.address import HOME_ADDRESS
from tsur_nlp.privacy.finders.birth import BIRTH
from tsur_nlp.privacy.finders.card import CARD
from tsur_nlp.privacy.finders.email import EMAIL
from tsur_nlp.privacy.finders.flat import FLAT_NUMBER
from tsur_nlp.privacy.finders.full_name import FULL_NAME
from tsur_nlp.privacy.finders.inn import INN
from tsur_nlp.privacy.finders.licence import LICENCE
from tsur_nlp.privacy.finders.oms import OMS
from tsur_nlp.privacy.finders.passport import PASSPORT
from tsur_nlp.privacy.finders.phone import PHONE
from tsur_nlp.privacy.finders.plate import PLATE
from tsur_nlp.privacy.finders.snils import SNILS
from tsur_nlp.privacy.finders.vk import VK
from tsur_nlp.privacy.spans import Finder

FINDERS: tuple[Finder, ...] = (
    VK, EMAIL, HOME_ADDRESS, BANK_ACCOUNT, HOUSEHOLD_ACCOUNT, OMS, CARD, SNILS, INN, LICENCE, PASSPORT, PHONE, PLATE,
    FLAT_NUMBER, FULL_NAME, BIRTH,
)  # fmt: skip
