"""Settings of the bucket, of objects that lie in others, and of the cluster that works on them."""

from __future__ import annotations

from dataclasses import dataclass

from csvapi.setting_forms import GIB, MIB, TIB, setting
from csvapi.source_settings import SourceSettings


@dataclass(frozen=True, slots=True)
class ObjectSettings(SourceSettings):
    """The part of `Settings` that is about objects; sizes in bytes, times in seconds."""

    s3_bucket: str = setting("", "CSVAPI_S3_BUCKET", "Bucket that stores the files; empty: the data folder does")
    s3_endpoint: str = setting(
        "", "CSVAPI_S3_ENDPOINT", "Address of a server that speaks the S3 protocol; empty: Amazon's of the region"
    )
    s3_region: str = setting("us-east-1", "CSVAPI_S3_REGION", "Region of the bucket")
    s3_access_key: str = setting(
        "", "CSVAPI_S3_ACCESS_KEY", "Access key of the bucket; empty, at Amazon: the machine's own rights"
    )
    s3_secret_key: str = setting("", "CSVAPI_S3_SECRET_KEY", "The secret that belongs to the access key")
    s3_cache: int = setting(
        20 * GIB,
        "CSVAPI_S3_CACHE",
        "Copies of the bucket's files in the data folder, in all; never more than they leave free",
        read="bytes",
    )

    cluster: str = setting(
        "", "CSVAPI_CLUSTER", "Cluster for large files in the bucket: `dask://host:port`, or `spark://` or `sc://`"
    )
    cluster_above: int = setting(10 * GIB, "CSVAPI_CLUSTER_ABOVE", "Input from which on tasks run there", read="bytes")
    cluster_range: int = setting(128 * MIB, "CSVAPI_CLUSTER_RANGE", "Bytes a machine takes at a time", read="bytes")

    object_prefixes: str = setting(
        "",
        "CSVAPI_OBJECT_PREFIXES",
        "Where objects lie that users may register: `s3://bucket/folder/{user_id}/`, `7=s3://…/` for one user; commas",
    )
    cluster_max_file: int = setting(
        10 * TIB,
        "CSVAPI_CLUSTER_MAX_FILE",
        "Largest registered object, and largest result on the cluster",
        read="bytes",
    )
    cluster_max_stored: int = setting(
        10 * TIB, "CSVAPI_CLUSTER_MAX_STORED", "Bytes of a user's results that were made on the cluster", read="bytes"
    )
    cluster_task_time: int = setting(
        86400, "CSVAPI_CLUSTER_TASK_TIME", "Longest run of a task on the cluster", read="seconds"
    )
