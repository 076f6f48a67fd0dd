//! Facts: what gatherers say of a host. They describe and never judge.
