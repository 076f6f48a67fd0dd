//! What Alloy would load on this host, as one merge set, and why each other file is not loaded.
