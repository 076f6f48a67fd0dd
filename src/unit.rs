//! systemd units, drop-ins and environment files of one unit, read as systemd reads them.
