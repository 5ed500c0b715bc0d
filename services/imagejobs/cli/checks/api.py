"""The API, at the address that workers and the command line use."""

from imagejobs.cli.checks import Deployment
from imagejobs.client.api_client import ApiClient
from imagejobs.client.errors import ApiRefused, UnexpectedAnswer
from imagejobs.errors import ConfigurationError


def check_api(deployment: Deployment) -> str:
    """Whether it is there, and finds what it needs."""
    address = deployment.api.address
    url = address.api_base_url
    try:
        ApiClient(url, max_tries=1, proxy=address.api_proxy).call("getReadiness")
    except (ApiRefused, UnexpectedAnswer) as error:
        raise ConfigurationError(f"{url} does not answer as the API does ({error}); check API_URL") from error
    return f"{url} is ready"
