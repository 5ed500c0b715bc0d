"""The check of the image library."""

from imagejobs.errors import ConfigurationError


def check_engine() -> str:
    """The formats that the image library reads. It is asked in a child process, as in a worker."""
    from imagejobs.conversion.errors import ConversionError
    from imagejobs.conversion.formats.registry import FORMATS
    from imagejobs.conversion.sandbox.pool import Converter
    from imagejobs.conversion.sandbox.result import CONFINEMENT

    try:
        with Converter() as converter:
            found = converter.abilities()
    except ConversionError as error:
        raise ConfigurationError(str(error)) from error
    missing = [each.title for each in FORMATS if each.name not in found.reads]
    parts = [f"{found.encoder} reads {', '.join(each.title for each in FORMATS if each.name in found.reads)}"]
    parts += [f"not {', '.join(missing)} (the library has no decoder for it)"] if missing else []
    lacking = [what for what in CONFINEMENT if what not in found.without]
    parts += [f"without access to {', '.join(found.without)}"] if found.without else []
    parts += [f"WITH access to {', '.join(lacking)} (use Linux 5.13 and libseccomp)"] if lacking else []
    return "; ".join(parts)
