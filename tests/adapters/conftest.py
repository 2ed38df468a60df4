"""The shared suite shows its values when an assertion fails, as a test file does."""

import pytest

pytest.register_assert_rewrite("tests.adapters.channel_contract")
