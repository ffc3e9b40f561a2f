"""Counts what the operator's commands do on a deployed stack.

A function's metrics are read out of its log. A command has none that CloudWatch reads, so its
metrics are sent.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handler.core.errors import Unavailable
from handler.telemetry.metrics import Metric


@dataclass(frozen=True)
class Meter:
    """Sends metrics; `api` is CloudWatch's client."""

    api: Any
    namespace: str

    def count(self, metrics: Sequence[Metric]) -> None:
        """Send these, in total and by their dimensions.

        Raises:
            Unavailable: They were not taken; says why.
        """
        data = [datum for metric in metrics for datum in metric_data(metric)]
        try:
            self.api.put_metric_data(Namespace=self.namespace, MetricData=data)
        except (BotoCoreError, ClientError) as error:
            raise Unavailable(f"CloudWatch does not take metrics: {error}") from error


def metric_data(metric: Metric) -> Iterable[dict[str, Any]]:
    """What PutMetricData takes for one metric."""
    total = {"MetricName": metric.name, "Value": metric.value, "Unit": metric.unit}
    yield total
    if metric.dimensions:
        named = [
            {"Name": name, "Value": value} for name, value in sorted(metric.dimensions.items())
        ]
        yield {**total, "Dimensions": named}
