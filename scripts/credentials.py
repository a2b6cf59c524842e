"""What `make password` and `make api-key` print: a line for the environment or the .env file."""

import getpass
import sys

from coronet.access import hash_password, new_api_key


def main(arguments: list[str]) -> int:
    """`password`, asked for or read from a pipe, or `api-key NAME RIGHT+RIGHT`; the exit status is 1 for a refusal."""
    try:
        match arguments:
            case ["password"]:
                print(f"CORONET_PASSWORD_HASH='{hash_password(_asked_for())}'")
            case ["api-key", name, rights]:
                key, kept = new_api_key(name, rights.split("+"))
                print(f"# The key, shown this once; send it as Authorization: Bearer KEY\n# {key}")
                print(f"CORONET_API_KEYS='{kept}'")
            case _:
                raise ValueError("make password, or make api-key NAME=puerta RIGHTS=leer+guardar+borrar")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _asked_for() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password, 12 characters or more: ")
    if getpass.getpass("Once more: ") != password:
        raise ValueError("the two are not the same")
    return password


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
