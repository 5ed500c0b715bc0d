"""The check that MongoDB and the Redis keys belong to one deployment."""

from contextlib import closing

from imagejobs.cli.checks import Concern, Deployment
from imagejobs.errors import BackingServiceUnavailable, ConfigurationError


def check_deployment(deployment: Deployment) -> str:
    """Compare the id in MongoDB with the ids beside the Redis keys. Nothing is written."""
    from imagejobs.connections.mongodb import Database
    from imagejobs.connections.redis import redis_client
    from imagejobs.deployment import SOCKET_SECONDS, foreign_marks, known_deployment_id, marks_of, read_marks

    settings = deployment.settings
    try:
        with redis_client(settings.redis_uri, socket_timeout=SOCKET_SECONDS) as client:
            found = read_marks(client, marks_of(settings))
        with closing(Database(settings.mongodb_uri)) as database:
            own = known_deployment_id(database)
    except BackingServiceUnavailable as error:
        raise Concern(f"whether MongoDB and Redis belong together is not known: {error}") from error
    if foreign := foreign_marks(found, own or "not made yet"):
        raise ConfigurationError("; ".join(foreign))
    return "MongoDB and the Redis keys belong together" if own else "no API or reconciler has run on them yet"
