"""Settings from Secrets Manager."""

import json
from pathlib import Path

import pytest

import aws
from coronet.config import Settings
from coronet.errors import SettingsError
from coronet.secrets import read_secret


def test_what_is_in_the_secret_goes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with aws.moto_server(tmp_path) as url:
        for name, value in {**aws.ENVIRON, "AWS_ENDPOINT_URL": url}.items():
            monkeypatch.setenv(name, value)
        manager = aws.session().client("secretsmanager", endpoint_url=url)
        manager.create_secret(Name="coronet", SecretString=json.dumps({"OPENAI_API_KEY": "kept", "OPENAI_MODEL": ""}))
        environ = {"CORONET_SECRET": "coronet", "OPENAI_API_KEY": "open", "CORONET_READ_SECONDS": "3"}

        settings = Settings.from_environ(environ, read_secret=read_secret)

        assert (settings.openai_api_key, settings.openai_model, settings.read_seconds) == ("kept", "gpt-4o-mini", 3)

        with pytest.raises(SettingsError, match="CORONET_SECRET cannot be read"):
            read_secret("another")
        manager.create_secret(Name="list", SecretString='["very secret"]')
        with pytest.raises(SettingsError) as error:
            read_secret("list")
        assert "very secret" not in str(error.value)
