"""Pages for people: the queue, the summary, a message to try; rendered here, with one small script of our own."""
