"""Settings from Secrets Manager."""

import json
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

import aws
from coronet.config import Settings
from coronet.errors import SettingsError
from coronet.secrets import read_secret
from receiver import receiving


def test_what_is_in_the_secret_goes_before_the_environment(tmp_path: Path) -> None:
    with aws.moto_server(tmp_path) as url:
        manager = aws.session().client("secretsmanager", endpoint_url=url)
        manager.create_secret(Name="coronet", SecretString=json.dumps({"OPENAI_API_KEY": "kept", "OPENAI_MODEL": ""}))
        lambdas = {**aws.ENVIRON, "AWS_ENDPOINT_URL": url, "AWS_SESSION_TOKEN": "token"}
        ours = {"CORONET_SECRET": "coronet", "OPENAI_API_KEY": "open", "CORONET_READ_SECONDS": "3"}

        settings = Settings.from_environ({**lambdas, **ours}, read_secret=read_secret)

        assert (settings.openai_api_key, settings.openai_model, settings.read_seconds) == ("kept", "gpt-4o-mini", 3)

        with pytest.raises(SettingsError, match="CORONET_SECRET cannot be read: ResourceNotFoundException"):
            read_secret("another", lambdas)
        manager.create_secret(Name="list", SecretString='["very secret"]')
        with pytest.raises(SettingsError) as error:
            read_secret("list", lambdas)
        assert "very secret" not in str(error.value)
        with pytest.raises(SettingsError, match="CORONET_SECRET cannot be read: KeyError"):
            read_secret("coronet", {})
    with pytest.raises(SettingsError, match="CORONET_SECRET cannot be read: MaxRetryError"):
        read_secret("coronet", lambdas)


def test_the_request_is_the_sdks_own() -> None:
    """It says what a client of the SDK's says, and is signed as that signs it, over the same headers."""
    lambdas = {**aws.ENVIRON, "AWS_SESSION_TOKEN": "token"}
    sdk = boto3.Session("testing", "testing", "token", region_name="us-east-1")
    with receiving(refusals=(400, 400)) as receiver:
        with pytest.raises(SettingsError):
            read_secret("coronet", {**lambdas, "AWS_ENDPOINT_URL": receiver.url})
        with pytest.raises(ClientError):
            sdk.client("secretsmanager", endpoint_url=receiver.url).get_secret_value(SecretId="coronet")
        (ours, our_body), (sdks, sdks_body) = receiver.got.get(), receiver.got.get()
    assert our_body == sdks_body
    for name in ("content-type", "x-amz-target", "x-amz-security-token"):
        assert ours[name] == sdks[name]
    assert ours["authorization"].partition(", Signature=")[0] == sdks["authorization"].partition(", Signature=")[0]
