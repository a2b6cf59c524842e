"""What the template promises of every function: who may do what, and that nothing is open."""

from typing import Any

import pytest
import yaml

from servers import PROJECT


class _Template(yaml.SafeLoader):
    """YAML with CloudFormation's tags, read as what they mark."""


def _marked(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


_Template.add_multi_constructor("!", _marked)

TEMPLATE = yaml.load((PROJECT / "template.yaml").read_text("utf-8"), _Template)
RESOURCES = TEMPLATE["Resources"]
FUNCTIONS = {name: each for name, each in RESOURCES.items() if each["Type"] == "AWS::Serverless::Function"}

INTEGRATION = "x-amazon-apigateway-integration"
PUBLIC = {"Entrar", "Salir", "Salud", "Estaticos"}


def allowed(function: str) -> set[tuple[str, str]]:
    """(action, folder of the bucket or "") pairs that the function may do."""
    pairs = set()
    for policy in FUNCTIONS[function]["Properties"]["Policies"]:
        for statement in RESOURCES[policy]["Properties"]["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            pairs |= {(action, each.partition("/")[2]) for action in actions for each in resources}
    return pairs


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_declared_alike(name: str) -> None:
    function = FUNCTIONS[name]
    assert function["Metadata"] == {"SkipBuild": True}
    assert function["Properties"]["Policies"]
    for event in function["Properties"]["Events"].values():
        if event["Type"] == "HttpApi":
            assert event["Properties"]["ApiId"] == "Api"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_policy_has_a_wildcard_action(name: str) -> None:
    assert not [action for action, _ in allowed(name) if "*" in action]


@pytest.mark.parametrize("name", ["Descargar", "DescargarXlsx"])
def test_a_download_writes_where_downloads_wait_and_nowhere_else(name: str) -> None:
    assert {folder for action, folder in allowed(name) if action == "s3:PutObject"} == {"descargas/*"}
    assert not {action for action, _ in allowed(name)} & {"s3:DeleteObject", "s3:DeleteObjectVersion"}


@pytest.mark.parametrize("name", ["Inicio", "Registros", "Uploads", "Resumen", "Estaticos"])
def test_what_only_shows_cannot_change(name: str) -> None:
    assert {action for action, _ in allowed(name)} <= {"secretsmanager:GetSecretValue", "s3:GetObject", "s3:ListBucket"}


def test_saving_cannot_delete() -> None:
    assert "s3:DeleteObject" not in {action for action, _ in allowed("Guardar")}


def test_deleting_takes_photographs_and_leaves_the_register() -> None:
    assert {folder for action, folder in allowed("Eliminar") if action == "s3:DeleteObject"} == {
        "uploads/*",
        "data/marcas/*",
        "data/avisos/*",
    }


def test_large_layers_are_only_where_photographs_are_opened() -> None:
    large = {name for name, each in FUNCTIONS.items() if "LectorLayer" in each["Properties"].get("Layers", [])}
    assert large <= {"Guardar", "Leer", "Escanear", "DescargarXlsx"}


def test_the_bucket_is_private_encrypted_and_versioned() -> None:
    bucket = RESOURCES["Bucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"]
    [statement] = RESOURCES["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_only_what_arrives_under_entrada_starts_a_scan() -> None:
    told = RESOURCES["Bucket"]["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    [rules] = [each["Filter"]["S3Key"]["Rules"] for each in told if each["Queue"] == "Queue.Arn"]
    assert rules == [{"Name": "prefix", "Value": "entrada/"}]
    assert FUNCTIONS["Escanear"]["Properties"]["Events"]["Entrada"]["Properties"]["Queue"] == "Queue.Arn"


def test_tokens_open_every_route_that_is_not_public_and_no_other() -> None:
    routes = {
        (each["Properties"]["Path"], each["Properties"]["Method"].lower(), name)
        for name, function in FUNCTIONS.items()
        if name not in PUBLIC
        for each in function["Properties"]["Events"].values()
        if each["Type"] == "HttpApi"
    }
    again = {
        (path, method, operation[INTEGRATION]["uri"].rpartition("${")[2].removesuffix(".Arn}/invocations"))
        for path, methods in RESOURCES["JwtApi"]["Properties"]["DefinitionBody"]["paths"].items()
        for method, operation in methods.items()
    }
    assert again == routes


def test_secrets_are_no_plain_variables() -> None:
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    hidden = {name for name, each in TEMPLATE["Parameters"].items() if each.get("NoEcho")}
    assert hidden == {"PasswordHash", "ApiKeys", "OpenAIKey", "WebhookSecret"}
    assert not hidden & set(variables.values())


def test_every_parameter_says_what_it_is_for_and_is_constrained() -> None:
    for parameter in TEMPLATE["Parameters"].values():
        assert parameter["Description"]
        assert {"AllowedPattern", "AllowedValues", "MinValue"} & parameter.keys()
