//! Serves facts to the Trento agent over its plugin protocol.
