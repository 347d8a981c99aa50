"""The client of `objects`, and what its failures mean. With `quick_client` the only module that uses boto3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import boto3
import structlog
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from csvapi.errors import ObjectMissing, StorageDown, TaskError
from csvapi.setting_forms import GIB, MIB

log = structlog.get_logger(__name__)
AT_ONCE = 8  # parts that the bucket is asked to copy side by side
WHOLE = 4 * GIB  # bytes that are uploaded by one request; the protocol has 5 GiB
PARTS = TransferConfig(multipart_threshold=WHOLE, multipart_chunksize=64 * MIB, use_threads=False)
_GONE = {"NoSuchKey", "404", "NotFound"}


@lru_cache(4)
def client(endpoint: str, region: str, access_key: str, secret_key: str, process: int) -> Any:
    """A client of the process with this number. Without an access key the rights are the machine's, as at Amazon."""
    keys = {"aws_access_key_id": access_key, "aws_secret_access_key": secret_key} if access_key else {}
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint or None,
        region_name=region,
        config=Config(
            s3={
                **({"addressing_style": "path"} if endpoint else {}),
                "payload_signing_enabled": endpoint.startswith("http:"),  # TLS protects what is sent otherwise
            },
            connect_timeout=5,
            read_timeout=60,
            retries={"max_attempts": 5, "mode": "standard"},
            max_pool_connections=2 * AT_ONCE,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
        **keys,
    )


@contextmanager
def told(what: str, key: str = "") -> Iterator[None]:
    """Turn the client's errors into ours."""
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if key and error.response.get("Error", {}).get("Code") in _GONE:
            raise ObjectMissing("The file is not in the storage; tell the operator") from error
        if status == HTTPStatus.PRECONDITION_FAILED:
            raise TaskError("The input file was changed while the task read it; start the task again") from error
        raise down(what, error) from error
    except (BotoCoreError, HTTPError, OSError) as error:
        raise down(what, error) from error


def down(what: str, error: Exception) -> StorageDown:
    """Log a failure, and give the error that it means."""
    log.warning("bucket_failed", call=what, reason=" ".join(str(error).split())[:500])
    return StorageDown("The storage cannot be reached now; try again later")
