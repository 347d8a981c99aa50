"""Cases for Hypothesis."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.native import cases

sources = st.randoms(use_true_random=False)
drawn = st.builds(cases.case, sources)
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
