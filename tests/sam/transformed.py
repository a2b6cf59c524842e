"""Prints template.yaml as CloudFormation gets it from SAM, whose environment this runs in: `.venv-sam/bin/python`."""

import sys
from pathlib import Path

from samcli.lib.translate.sam_template_validator import SamTemplateValidator
from samcli.yamlhelper import yaml_parse


class NoPolicies:
    """AWS's managed policies, of which the template names none."""

    def load(self) -> dict[str, str]:
        """None."""
        return {}


template = yaml_parse(Path(sys.argv[1]).read_text("utf-8"))
print(SamTemplateValidator(template, NoPolicies(), region="us-east-1").get_translated_template_if_valid())
