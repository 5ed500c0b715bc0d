"""The storage checks of `imagejobs doctor` on MinIO, with users who lack rights, and through a proxy."""

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from imagejobs.cli.checks import Deployment
from imagejobs.cli.checks.examination import Finding, finding
from imagejobs.cli.checks.storage import check_outputs, check_sources, check_storage
from imagejobs.cli.discovery import FoundApi
from minio import MinioAdmin
from minio.credentials.providers import StaticProvider
from servers.http_proxy import HttpProxy, http_proxy
from servers.s3_services import REGION, S3Service
from worlds.memory_api import memory_settings

BUCKET = "checked"
PREFIXES = ("raw/", "optimized/")
OBJECT_RIGHTS = {"write": "s3:PutObject", "read": "s3:GetObject", "delete": "s3:DeleteObject"}
SECRET = "a-secret-of-the-test"


@pytest.fixture
def service(minio: S3Service) -> Iterator[S3Service]:
    """MinIO with a bucket whose results everybody may read, and nothing else."""
    minio.make_bucket(BUCKET, public_prefix="optimized/")
    minio.empty_bucket(BUCKET)
    yield minio
    minio.empty_bucket(BUCKET)


def user_with(service: S3Service, *rights: str, listed: tuple[str, ...] = ()) -> str:
    """The access key of a new user with these rights in the bucket. `listed` restricts listing to these prefixes."""
    name = f"user-{secrets.token_hex(4)}"
    objects = [OBJECT_RIGHTS[each] for each in rights if each in OBJECT_RIGHTS]
    prefixes = {"Condition": {"StringLike": {"s3:prefix": [f"{each}*" for each in listed]}}} if listed else {}
    statements: list[dict[str, Any]] = []
    if objects:
        statements.append({"Effect": "Allow", "Action": objects, "Resource": [f"arn:aws:s3:::{BUCKET}/*"]})
    if "list" in rights:
        whole = {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [f"arn:aws:s3:::{BUCKET}"]}
        statements.append(whole | prefixes)
    address = service.endpoint.removeprefix("http://")
    admin = MinioAdmin(
        endpoint=address, credentials=StaticProvider(service.access_key, service.secret_key), secure=False
    )
    admin.user_add(name, SECRET)
    admin.policy_add(name, policy={"Version": "2012-10-17", "Statement": statements})
    admin.attach_policy([name], user=name)
    return name


def deployment(service: S3Service, access_key: str = "", **overrides: Any) -> Deployment:
    """A deployment with the keys of this user, or with all rights."""
    values = {
        "storage": "s3",
        "r2_endpoint": service.endpoint,
        "r2_access_key_id": access_key or service.access_key,
        "r2_secret_access_key": SECRET if access_key else service.secret_key,
        "r2_bucket": BUCKET,
        "r2_region": REGION,
        "r2_public_url": f"{service.endpoint}/{BUCKET}",
    }
    settings = memory_settings(**(values | overrides))
    return Deployment(settings, FoundApi(settings, {}))


def tried(check: Callable[[Deployment], str], examined: Deployment) -> Finding:
    return finding("storage", lambda: check(examined))


def objects_of(service: S3Service) -> list[str]:
    return [each.key for each in service.storage(BUCKET).list("")]


WRITE = "write under raw/ and optimized/ (the API stores uploads, workers store results)"
READ = "read under raw/ and optimized/ (workers fetch uploads, the API checks that a result exists)"
LIST = (
    "list under raw/ and optimized/ (the sweep finds orphans; without this right S3 answers 403 instead of 404 for a "
    "missing object)"
)
DELETE = "delete under raw/ and optimized/ (the API and the sweep delete objects that no job needs)"
LOOK_UP = "look up the bucket (/readyz asks for the bucket; the right to list the whole bucket includes this)"


@pytest.mark.parametrize(
    ("rights", "missing"),
    [
        (("write", "read", "list"), [DELETE]),
        (("write", "read"), [LIST, DELETE, LOOK_UP]),
        (("write", "list", "delete"), [READ]),
        (("list", "delete"), [WRITE, READ]),
        (("write",), [LIST, READ, DELETE, LOOK_UP]),
    ],
    ids=lambda each: "-".join(each) if isinstance(each, tuple) else "",
)
def test_every_right_that_is_missing_is_named(service: S3Service, rights: tuple[str, ...], missing: list[str]) -> None:
    result = tried(check_storage, deployment(service, user_with(service, *rights)))
    assert not result.ok
    found, _, reason = result.text.partition("; bucket ")
    assert found == f"the credentials of the storage may not {', '.join(missing)}"
    assert "AccessDenied" in reason
    left = objects_of(service)
    assert all(each in result.text for each in left)
    assert ("remove by hand" in result.text) == bool(left) == ("write" in rights and "delete" not in rights)


def test_rights_that_cannot_be_tried_without_others_are_named(service: S3Service) -> None:
    result = tried(check_storage, deployment(service, user_with(service, "delete")))
    assert f"may not {', '.join([WRITE, LIST, LOOK_UP])}; " in result.text
    assert "; not tried without these: read under raw/, read under optimized/" in result.text


def test_the_right_to_list_only_the_prefixes_is_not_enough_for_readyz(service: S3Service) -> None:
    user = user_with(service, "write", "read", "list", "delete", listed=PREFIXES)
    result = tried(check_storage, deployment(service, user))
    assert f"may not {LOOK_UP}; bucket" in result.text
    assert objects_of(service) == []


def test_a_user_with_the_four_rights_is_enough(service: S3Service) -> None:
    examined = deployment(service, user_with(service, "write", "read", "list", "delete"))
    result = tried(check_storage, examined)
    assert (result.ok, result.is_warning) == (True, False)
    assert result.text == "s3: wrote, read, listed and deleted under raw/ and optimized/"
    assert objects_of(service) == []


def test_a_wrong_secret_is_named(service: S3Service) -> None:
    result = tried(check_storage, deployment(service, r2_secret_access_key="wrong-secret"))
    assert "check R2_SECRET_ACCESS_KEY" in result.text
    assert "may not" not in result.text


@pytest.mark.parametrize("check", [check_outputs, check_sources])
def test_a_missing_right_to_delete_does_not_hide_what_else_is_found(
    service: S3Service, check: Callable[[Deployment], str]
) -> None:
    user = user_with(service, "write", "read", "list")
    result = tried(check, deployment(service, user, source_url="presigned"))
    assert (result.ok, result.is_warning) == (True, False), result.text


@pytest.fixture
def proxied(service: S3Service) -> Iterator[tuple[HttpProxy, dict[str, Any]]]:
    """A proxy that reaches MinIO under a name that this machine cannot resolve, and the settings for it."""
    with http_proxy(server_port=int(service.endpoint.rpartition(":")[2])) as proxy:
        address = "http://s3.example:9000"
        yield proxy, {"r2_endpoint": address, "r2_public_url": f"{address}/{BUCKET}", "r2_proxy": proxy.url}


def test_sources_are_read_at_their_signed_address_through_the_proxy(
    service: S3Service, proxied: tuple[HttpProxy, dict[str, Any]]
) -> None:
    proxy, settings = proxied
    result = tried(check_sources, deployment(service, source_url="presigned", **settings))
    assert (result.ok, result.is_warning) == (True, False), result.text
    signed = [each for each in proxy.heads if each.startswith(f"GET http://s3.example:9000/{BUCKET}/raw/doctor-")]
    assert len(signed) == 1
    assert "X-Amz-Signature=" in signed[0]
    assert "\r\nauthorization:" not in signed[0].lower()


def test_outputs_are_read_by_the_public_through_the_proxy(
    service: S3Service, proxied: tuple[HttpProxy, dict[str, Any]]
) -> None:
    proxy, settings = proxied
    result = tried(check_outputs, deployment(service, **settings))
    assert (result.ok, result.is_warning) == (True, False), result.text
    assert any(each.startswith(f"GET http://s3.example:9000/{BUCKET}/optimized/doctor-") for each in proxy.heads)


def test_sources_that_are_not_public_are_a_warning_that_names_the_way_and_the_setting(
    service: S3Service, proxied: tuple[HttpProxy, dict[str, Any]]
) -> None:
    proxy, settings = proxied
    result = tried(check_sources, deployment(service, **settings))
    assert (result.ok, result.is_warning) == (True, True)
    assert f"answered 403 through the proxy http://127.0.0.1:{proxy.port}" in result.text
    assert "set SOURCE_URL=presigned" in result.text


def test_signed_addresses_of_a_user_who_may_not_read_are_a_warning(service: S3Service) -> None:
    user = user_with(service, "write", "list", "delete")
    result = tried(check_sources, deployment(service, user, source_url="presigned"))
    assert (result.ok, result.is_warning) == (True, True)
    assert "sources cannot be read at their presigned address: GET" in result.text
    assert "X-Amz-Signature" not in result.text


def test_outputs_that_are_not_public_are_a_finding(service: S3Service) -> None:
    private = deployment(service, output_prefix="private/")
    result = tried(check_outputs, private)
    assert not result.ok
    assert "answered 403; make private/ public, and check R2_PUBLIC_URL" in result.text
