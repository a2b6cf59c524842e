"""Settings that are kept in AWS Secrets Manager."""

import json
from collections.abc import Mapping

from coronet.errors import SettingsError

_RETRIED = (429, 500, 502, 503, 504)


def read_secret(name: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The settings in the secret of that name or ARN, by variable; its text is a JSON object of strings.

    Credentials, region and, where it is another, the endpoint are the variables of `environ` in which Lambda and the
    AWS SDK have them. Raises SettingsError where the secret cannot be had or is no such object; the message tells
    nothing of what is in it.
    """
    import urllib3

    try:
        answer = json.loads(_answer(name, environ))
        if "SecretString" not in answer:
            raise SettingsError(f"CORONET_SECRET cannot be read: {answer.get('__type')}")
        content = json.loads(answer["SecretString"])
    except (urllib3.exceptions.HTTPError, KeyError, ValueError) as error:
        raise SettingsError(f"CORONET_SECRET cannot be read: {type(error).__name__}") from error
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise SettingsError("CORONET_SECRET is not a JSON object of strings")
    return content


def _answer(name: str, environ: Mapping[str, str]) -> bytes:
    """What GetSecretValue answers: signed by the SDK, but sent without a client of the SDK's.

    Every function's first request waits for this, and to make a client takes a third of that time.
    """
    import urllib3
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    region = environ["AWS_REGION"]
    url = environ.get("AWS_ENDPOINT_URL") or f"https://secretsmanager.{region}.amazonaws.com"
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "secretsmanager.GetSecretValue"}
    request = AWSRequest("POST", url, headers, json.dumps({"SecretId": name}).encode())
    who = Credentials(
        environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"], environ.get("AWS_SESSION_TOKEN") or None
    )
    SigV4Auth(who, "secretsmanager", region).add_auth(request)
    again = urllib3.Retry(3, backoff_factor=0.1, status_forcelist=_RETRIED, allowed_methods=None)
    with urllib3.PoolManager(retries=again, timeout=3.0) as pool:
        return pool.request("POST", url, body=request.data, headers=dict(request.headers)).data
