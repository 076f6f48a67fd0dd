//! Trento checks: read, evaluate, report.
