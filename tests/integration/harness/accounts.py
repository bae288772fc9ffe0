"""Accounts as they stand in Redis."""

import base64
import hashlib
import os


CHEAP = (2, 1, 1)  # the least that scrypt can cost; the bot replaces it at the first login
FULL = (16384, 8, 1)  # as the bot makes them


def record(password, cost=CHEAP):
    """A password record like the bot's."""
    n, r, p = cost
    salt = os.urandom(16)
    key = hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=1 << 26, dklen=32)
    text = "$".join(base64.b64encode(part).decode() for part in (salt, key))
    return f"scrypt${n}${r}${p}${text}"


def old_record(password, salt="0123abcd"):
    """As limnoria keeps it."""
    return f"limnoria:{salt}|{hashlib.sha1((salt + password).encode()).hexdigest()}"


def user(cli, name, password=None, hostmasks=(), services=(), capabilities=(), **flags):
    """password: of a new record; or a record as it stands. Whole when its name is there."""
    fields = {key: "yes" if value is True else value for key, value in flags.items()}
    if password:
        is_record = password.startswith(("scrypt$", "limnoria:"))
        fields["password"] = password if is_record else record(password)
    for field, value in fields.items():
        cli("HSET", f"seshet:user:{name}", field, value)
    lists = {"hostmasks": hostmasks, "services": services, "capabilities": capabilities}
    for key, items in lists.items():
        if items:
            cli("SADD", f"seshet:user:{name}:{key}", *items)
    cli("SADD", "seshet:users", name)


def group(cli, name, style, members=(), password=None):
    cli("HSET", f"seshet:auth_group:{name}", "style", style)
    if password:
        cli("HSET", f"seshet:auth_group:{name}", "password", record(password))
    if members:
        cli("SADD", f"seshet:auth_group:{name}:members", *members)
    cli("SADD", "seshet:auth_groups", name)
