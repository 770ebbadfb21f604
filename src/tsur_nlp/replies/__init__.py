"""Help with replies: what was answered to similar messages, and what people would complain of in an answer."""

from tsur_nlp.replies.check import Remark, check_reply
from tsur_nlp.replies.similar import Answered, Similar, similar

__all__ = ["Answered", "Remark", "Similar", "check_reply", "similar"]
