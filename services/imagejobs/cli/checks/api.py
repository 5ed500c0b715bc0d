"""The checks of the API, at the address that workers and the command line use."""

from http import HTTPStatus

from imagejobs.cli.checks import Concern, Deployment
from imagejobs.client.api_client import ApiClient
from imagejobs.client.errors import ApiRefused, UnexpectedAnswer
from imagejobs.errors import BackingServiceUnavailable, ConfigurationError
from imagejobs.wiring.client import open_api_client


def check_api(deployment: Deployment) -> str:
    """Check that the API answers and is ready."""
    address = deployment.api.address
    url = address.shown_api_url
    try:
        ApiClient(address.api_base_url, max_tries=1, proxy=address.api_proxy).call("getReadiness")
    except (ApiRefused, UnexpectedAnswer) as error:
        raise ConfigurationError(f"{url} does not answer as the API does ({error}); check API_URL") from error
    return f"{url} is ready"


def check_records(deployment: Deployment) -> str:
    """Check that the API at API_URL uses the database of MONGODB_URI, by asking it for the newest job in there."""
    from contextlib import closing

    from imagejobs.connections.mongodb import Database
    from imagejobs.jobs.records.mongo import MongoImageJobRepository
    from imagejobs.jobs.records.port import JobFilter

    address = deployment.api.address
    url = address.shown_api_url
    try:
        with closing(Database(deployment.settings.mongodb_uri)) as database:
            newest = MongoImageJobRepository(database).page(JobFilter(), 1)
        if not newest:
            return "there are no jobs yet, so API_URL and MONGODB_URI cannot be compared"
        open_api_client(address, max_tries=1).call("getImageJob", path={"id": newest[0].id}, strict=False)
    except (BackingServiceUnavailable, UnexpectedAnswer) as error:
        raise Concern(f"whether API_URL and MONGODB_URI belong together is not known: {error}") from error
    except ApiRefused as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise Concern(f"whether API_URL and MONGODB_URI belong together is not known: {error}") from error
        raise ConfigurationError(
            f"the API at {url} does not know job {newest[0].id} of MONGODB_URI: API_URL leads to another deployment"
        ) from error
    return f"{url} has the jobs of MONGODB_URI"
