"""The contract of the routes, on sam local."""

import pytest

from functions.test_routes import *  # noqa: F403

pytestmark = pytest.mark.sam
