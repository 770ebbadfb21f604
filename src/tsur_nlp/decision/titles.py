"""What operators read where machines read a code."""

ACTIONS = {
    "auto": "отправить сразу",
    "review": "посмотреть",
    "redirect": "перенаправить",
    "not_an_appeal": "не обращение",
}
OUTCOMES = {
    "decided": "решено",
    "insufficient_information": "мало сведений",
    "outside_competence": "не наша компетенция",
}
KINDS = {
    "complaint": "жалоба",
    "question": "вопрос",
    "request": "просьба",
    "proposal": "предложение",
    "thanks": "благодарность",
    "support": "поддержка",
    "correction": "поправка",
    "announcement": "объявление",
    "advertising": "реклама",
    "chatter": "разговор",
    "insult": "оскорбление",
    "repetition": "повтор",
}
URGENCY = {0: "обычное", 1: "раньше других", 2: "сегодня", 3: "немедленно"}
