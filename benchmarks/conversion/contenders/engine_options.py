"""The comparison's settings as options of this engine."""

from imagejobs.conversion.options import Options

from benchmarks.conversion.contenders import MAX_SIDE, METHOD, QUALITY

OPTIONS = Options(max_side=MAX_SIDE, quality=QUALITY, method=METHOD)
