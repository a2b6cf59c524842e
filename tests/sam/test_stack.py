"""The stack, deployed into moto's CloudFormation.

moto makes the bucket, queues, functions, layers, roles, policies and log groups. It does not make the HTTP API (whose
routes `sam local` shows), the secret, throttling, or the bucket's policy, versioning, notifications and public access
block, and enforces neither policies nor the rule that somebody must be let in. `tests/unit/test_template.py` reads the
template for those.
"""

import io
import json
import os
import subprocess
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

import aws
from servers import PROJECT
from unit.test_template import FUNCTIONS, INTEGRATION

pytestmark = pytest.mark.sam

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:coronet"
BUCKET = "coronet-123456789012-us-east-1"


@pytest.fixture(scope="module")
def transformed() -> Any:
    """The template as CloudFormation gets it."""
    python = PROJECT / ".venv-sam" / "bin" / "python"
    printed = subprocess.run(
        [python, PROJECT / "tests" / "sam" / "transformed.py", PROJECT / "template.yaml"],
        env={**os.environ, **aws.ENVIRON},
        capture_output=True,
        check=True,
    ).stdout
    return yaml.safe_load(printed)


@pytest.fixture(scope="module")
def stack(transformed: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator["Stack"]:
    with aws.moto_server(tmp_path_factory.mktemp("moto")) as url:
        stack = Stack(url)
        stack.deploy(without_secret(transformed))
        yield stack


def without_secret(part: Any) -> Any:
    """The template with an address in the place of the secret, which moto cannot make."""
    if part == {"Ref": "Secret"}:
        return SECRET
    if isinstance(part, dict):
        return {name: without_secret(each) for name, each in part.items()}
    return [without_secret(each) for each in part] if isinstance(part, list) else part


class Stack:
    def __init__(self, url: str) -> None:
        self._url = url

    def client(self, service: Any) -> Any:
        return aws.session().client(service, endpoint_url=self._url)

    def deploy(self, template: Any, **parameters: str) -> None:
        given = {"PasswordHash": "scrypt:only:for:tests", **parameters}
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("main.py", "")
        self.client("s3").create_bucket(Bucket="bucket")  # where the transformed template says that the code is
        self.client("s3").put_object(Bucket="bucket", Key="value", Body=code.getvalue())
        self.client("cloudformation").create_stack(
            StackName="coronet",
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
            Capabilities=["CAPABILITY_IAM"],
        )


def test_the_stack_is_complete(stack: Stack) -> None:
    [found] = stack.client("cloudformation").describe_stacks(StackName="coronet")["Stacks"]
    assert found["StackStatus"] == "CREATE_COMPLETE"
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}
    assert outputs["Bucket"] == BUCKET
    assert outputs["Queue"].endswith("/coronet-entrada")
    assert outputs["Url"].startswith("https://")


def test_every_function_runs_python_with_its_settings(stack: Stack) -> None:
    found = stack.client("lambda").list_functions()["Functions"]
    assert len(found) == len(FUNCTIONS)
    for function in found:
        variables = function["Environment"]["Variables"]
        assert (function["Runtime"], function["Handler"]) == ("python3.12", "main.handler")
        assert (variables["CORONET_BUCKET"], variables["CORONET_SECRET"]) == (BUCKET, SECRET)
        assert not {"OPENAI_API_KEY", "CORONET_PASSWORD_HASH", "CORONET_API_KEYS"} & variables.keys()


def test_the_bucket_is_encrypted(stack: Stack) -> None:
    found = stack.client("s3").get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert found[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_the_queue_gives_up_into_another(stack: Stack) -> None:
    sqs = stack.client("sqs")
    url = sqs.get_queue_url(QueueName="coronet-entrada")["QueueUrl"]
    policy = json.loads(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["RedrivePolicy"])
    assert policy["deadLetterTargetArn"].endswith(":coronet-entrada-fallidas")


def test_the_queue_starts_the_scan_in_batches(stack: Stack) -> None:
    mappings = stack.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    [mapping] = [each for each in mappings if each["EventSourceArn"].endswith(":coronet-entrada")]
    assert (mapping["BatchSize"], mapping["FunctionResponseTypes"]) == (20, ["ReportBatchItemFailures"])


def test_logs_do_not_stay_for_ever(stack: Stack) -> None:
    groups = stack.client("logs").describe_log_groups(logGroupNamePrefix="/coronet/")["logGroups"]
    assert {each["logGroupName"]: each["retentionInDays"] for each in groups} == {
        "/coronet/functions": 30,
        "/coronet/api": 30,
    }


def test_api_gateway_verifies_tokens_for_every_route_of_their_address(transformed: Any) -> None:
    body = transformed["Resources"]["JwtApi"]["Properties"]["Body"]
    [(name, scheme)] = body["components"]["securitySchemes"].items()
    assert scheme["x-amazon-apigateway-authorizer"] == {
        "type": "jwt",
        "identitySource": "$request.header.Authorization",
        "jwtConfiguration": {"issuer": {"Ref": "JwtIssuer"}, "audience": {"Fn::Split": [",", {"Ref": "JwtAudience"}]}},
    }
    first = transformed["Resources"]["Api"]["Properties"]["Body"]
    assert "components" not in first
    assert {(path, method) for path, method, _ in _operations(first)} - {
        (path, method) for path, method, _ in _operations(body)
    } == {
        ("/entrar", "get"),
        ("/entrar", "post"),
        ("/salir", "post"),
        ("/salud", "get"),
        ("/estaticos/{version}/{filename}", "get"),
        ("/sw.js", "get"),
    }
    for path, method, operation in _operations(body):
        again = first["paths"][path][method]  # as SAM itself writes it
        integration = again[INTEGRATION] | {"credentials": {"Fn::GetAtt": ["JwtRole", "Arn"]}}
        assert operation == again | {"security": [{name: []}], INTEGRATION: integration}


def _operations(body: Any) -> list[tuple[str, str, Any]]:
    return [(path, method, each) for path, methods in body["paths"].items() for method, each in methods.items()]


def test_without_an_issuer_there_is_no_address_for_tokens(transformed: Any, stack: Stack) -> None:
    assert transformed["Conditions"] == {"HasJwt": {"Fn::Not": [{"Fn::Equals": [{"Ref": "JwtIssuer"}, ""]}]}}
    for name, resource in transformed["Resources"].items():
        assert (resource.get("Condition") == "HasJwt") == name.startswith("Jwt")
    assert not [role for role in stack.client("iam").list_roles()["Roles"] if "JwtRole" in role["RoleName"]]


def test_with_an_issuer_there_is_one_whose_role_calls_functions(
    transformed: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with aws.moto_server(tmp_path_factory.mktemp("moto")) as url:
        stack = Stack(url)
        stack.deploy(without_secret(transformed), JwtIssuer="https://id.example.org", JwtAudience="coronet")
        assert [role for role in stack.client("iam").list_roles()["Roles"] if "JwtRole" in role["RoleName"]]
    [policy] = transformed["Resources"]["JwtRole"]["Properties"]["Policies"]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Allow", "lambda:InvokeFunction")
