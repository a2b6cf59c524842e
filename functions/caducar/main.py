"""Once a day on AWS: what is older than CORONET_RETENTION_DAYS is removed."""

import logging

from coronet import wiring

log = logging.getLogger("coronet")


def caducar(event: object, context: object) -> None:
    """Purge; whatever fails is raised, so that Lambda tries again and the failure is seen."""
    log.info("purged %d records", wiring.purge())


handler = caducar
