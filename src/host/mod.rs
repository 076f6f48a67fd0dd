//! The live host: units, processes, Alloy's own HTTP server.
