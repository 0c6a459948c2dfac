"""Ids of messages, in the shape that official clients give them."""

import secrets


def new_message_id() -> str:
    return "AC" + secrets.token_hex(15).upper()
