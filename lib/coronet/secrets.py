"""Settings that are kept in AWS Secrets Manager."""

import json
from typing import Any

from coronet.errors import SettingsError


def read_secret(name: str) -> dict[str, str]:
    """The settings in the secret of that name or ARN, by variable; its text is a JSON object of strings.

    Raises SettingsError where it cannot be had or is no such object; the message tells nothing of what is in it.
    """
    import botocore.session  # boto3 would double what every function's first request waits for
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client: Any = botocore.session.get_session().create_client("secretsmanager")
        content = json.loads(client.get_secret_value(SecretId=name)["SecretString"])
    except (BotoCoreError, ClientError, KeyError, ValueError) as error:
        raise SettingsError(f"CORONET_SECRET cannot be read: {type(error).__name__}") from error
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise SettingsError("CORONET_SECRET is not a JSON object of strings")
    return content
