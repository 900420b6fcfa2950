"""
What people call a column of phone numbers.
"""

from __future__ import annotations

import re

SOUNDS_LIKE_PHONE = re.compile(
    r"phone|mobile|mobil|cell|handy|telef|^tel|gsm|msisdn|whatsapp|numero|^number$|recipient", re.IGNORECASE
)
"""What people call the column, in the languages around the gateway's customers; used only to guess."""
